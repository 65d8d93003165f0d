/// The scripts of all files: mapped, indexed by line, parsed when they are played.
///
/// Cheap to copy and to share between workers. Conversations are numbered from 0 in the order of the
/// files and their lines.
package struct Workload: Sendable {
    /// One file with the numbers of its conversations.
    struct Source: Sendable {
        let file: MappedFile
        let index: LineIndex
    }

    let sources: [Source]
    /// The columns of the run's data, whose names are variables of the scripts.
    let columns: [String]
    /// For each source the conversations up to and with its own.
    private let sums: [Int]

    /// The number of conversations.
    package var count: Int { sums.last ?? 0 }

    /// The files as they were named.
    package var paths: [String] { sources.map(\.file.path) }

    /// The bytes of all files, unpacked.
    package var byteCount: Int { sources.reduce(0) { $0 + $1.file.count } }

    /// Opens the files and finds their lines; what is on the lines is not looked at.
    ///
    /// - Parameter columns: those of the run's data, which scripts may use as variables.
    /// - Throws: why a file cannot be read, or that there is no conversation in all of them.
    package static func open(
        _ paths: [String], columns: [String] = []
    ) throws(ScriptComplaint) -> Workload {
        var sources: [Source] = []
        for path in paths {
            let file = try MappedFile(path: path)
            sources.append(Source(file: file, index: LineIndex(of: file)))
        }
        let workload = Workload(sources: sources, columns: columns)
        guard workload.count > 0 else {
            throw ScriptComplaint(
                file: paths.first ?? "workload", message: "there is no conversation in here",
                suggestion: #"write one a line, like {"turns":[{"say":"Hello"}]}"#)
        }
        return workload
    }

    private init(sources: [Source], columns: [String]) {
        self.sources = sources
        self.columns = columns
        var sum = 0
        sums = sources.map { source in
            sum += source.index.count
            return sum
        }
    }

    /// Parses one conversation; `index` must be below `count`. Takes a few microseconds.
    ///
    /// - Throws: what is wrong with the line.
    package func conversation(at index: Int) throws(ScriptComplaint) -> Conversation {
        precondition(index >= 0 && index < count, "BUG: no conversation \(index)")
        let place = sums.firstIndexAbove(index)
        let source = sources[place]
        source.file.noteLookup()
        return try source.conversation(
            at: index - (place == 0 ? 0 : sums[place - 1]), columns: columns)
    }
}

extension Workload.Source {
    /// Parses the file's n-th conversation.
    func conversation(
        at index: Int, columns: [String]
    ) throws(ScriptComplaint) -> Conversation {
        let (start, number) = self.index[index]
        return try file.withBytes(in: start..<file.endOfLine(from: start)) {
            bytes throws(ScriptComplaint) in
            do throws(ScriptFault) {
                return try ScriptParser.conversation(in: bytes, line: number, columns: columns)
            } catch {
                throw ScriptComplaint(
                    file: file.path, line: number,
                    column: error.offset.map { Self.column(of: $0, in: bytes) },
                    message: error.message, suggestion: error.suggestion)
            }
        }
    }

    /// The column of a byte: the Unicode scalars that begin before it, counted from 1.
    private static func column(of offset: Int, in line: Span<UInt8>) -> Int {
        var column = 1
        for index in 0..<min(max(offset, 0), line.count) where line[index] & 0xC0 != 0x80 {
            column += 1
        }
        return column
    }
}
