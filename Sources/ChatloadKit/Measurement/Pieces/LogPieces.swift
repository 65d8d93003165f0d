/// The files of one log of a run, in the order of time: with `--log-max-size` the earlier pieces of
/// `exchanges.csv` are `exchanges.1.csv`, `exchanges.2.csv` and so on, each with the header and
/// whole rows, and `exchanges.csv` is the last one.
struct LogPieces: Sendable {
    /// The run's folder.
    let folder: String
    /// The log's name, which is that of the last piece.
    let name: String
    /// The numbers of the earlier pieces that are there, ascending.
    let numbers: [Int]
    /// Whether the last piece is there. It is not for a moment, between two pieces.
    let hasLast: Bool
    /// The highest number that a piece has or has had, as far as that is known.
    let highest: Int

    /// Looks into a folder, which need not be there. `highest` is the number of the earlier pieces
    /// as the run's description has it.
    init(of name: String, in folder: String, highest: Int = 0) {
        self.folder = folder
        self.name = name
        var numbers: [Int] = []
        var known = highest
        for file in RunFiles.names(in: folder) {
            guard let (number, rest) = Self.number(of: file, name) else { continue }
            if rest.isEmpty { numbers.append(number) }
            // What has been compressed is not there to be read, but has been.
            if !rest.hasSuffix(".tmp") { known = max(known, number) }
        }
        self.numbers = numbers.sorted()
        self.highest = known
        hasLast = RunFiles.exists("\(folder)/\(name)")
    }

    /// Whether there is nothing of the log.
    var isEmpty: Bool { !hasLast && numbers.isEmpty }

    /// The path of the last piece.
    var last: String { "\(folder)/\(name)" }

    /// What there is, in the order of time.
    var paths: [String] { numbers.map { path(of: $0) } + (hasLast ? [last] : []) }

    /// The bytes of all pieces.
    var size: Int { paths.reduce(0) { $0 + RunFiles.size(of: $1) } }

    /// The path of an earlier piece.
    func path(of number: Int) -> String { "\(folder)/\(Self.name(of: number, name))" }

    /// The names of the pieces that are not there, one for each gap, and how many they are. The last
    /// piece is missed only in a run that `hasEnded` in order.
    func missing(hasEnded: Bool) -> (names: [String], count: Int) {
        var names: [String] = []
        var (next, count) = (1, 0)
        for number in numbers + [highest + 1] {
            if number > next {
                let (first, last) = (
                    Self.name(of: next, name), Self.name(of: number - 1, name)
                )
                names.append(number - next == 1 ? first : "\(first) to \(last)")
                count += number - next
            }
            next = number + 1
        }
        if hasEnded, !hasLast {
            names.append(name)
            count += 1
        }
        return (names, count)
    }

    private static func name(of number: Int, _ name: String) -> String {
        "\(name.dropLast(4)).\(number).csv"
    }

    /// The number of a piece by its name, `exchanges.12.csv`, and what follows that.
    private static func number(of file: String, _ name: String) -> (Int, rest: Substring)? {
        let stem = name.dropLast(3)
        guard file.hasPrefix(stem) else { return nil }
        let digits = file.dropFirst(stem.count).prefix { $0.isASCII && $0.isNumber }
        let rest = file.dropFirst(stem.count + digits.count)
        guard (1...9).contains(digits.count), digits.first != "0", rest.hasPrefix(".csv"),
            let number = Int(digits)
        else { return nil }
        return (number, rest.dropFirst(4))
    }
}

/// How many earlier pieces the logs of a run have.
package struct LogPieceCounts: Codable, Equatable, Sendable {
    package var exchanges = 0
    package var conversations = 0

    /// So many of each.
    package init(exchanges: Int = 0, conversations: Int = 0) {
        self.exchanges = exchanges
        self.conversations = conversations
    }
}
