import Glibc
package import Base
import Networking

/// Feeds a reader the inputs that have hurt one, kept in `Tests/Corpus`, and then mutations of good
/// ones, always the same.
///
/// `swift test` plays few; the environment variable `CHATLOAD_FUZZ=100000` says how many each reader
/// is to take. With `CHATLOAD_FUZZ_KEEP=FOLDER` every input is written to a file there before it is
/// played, so that the one that has ended the process is found in it.
package struct Fuzz {
    /// The reader's name, which is that of its folder in the corpus.
    private let reader: String
    private let mutator: Mutator
    private let kept: String?

    /// An input, and what a test's own choices follow from.
    package struct Input: CustomStringConvertible {
        /// The file in the corpus, or the number of the mutation.
        package let name: String
        /// The input itself.
        package let bytes: [UInt8]
        /// The source of the test's own choices.
        package var random: SeededRandom

        /// The input as a Swift literal would have it.
        package var description: String {
            "\(name): \(String(reflecting: String(decoding: bytes.prefix(2_000), as: UTF8.self)))"
        }

        /// Cuts the input in up to five pieces, some of them empty; now and then into single bytes.
        package mutating func pieces() -> [[UInt8]] {
            if random.next() % 8 == 0 { return bytes.map { [$0] } }
            let cuts = (0..<random.next() % 5).map { _ in
                Int(random.next(upperBound: UInt64(bytes.count + 1)))
            }
            let places = [0] + cuts.sorted() + [bytes.count]
            return zip(places, places.dropFirst()).map { Array(bytes[$0..<$1]) }
        }
    }

    /// Inputs for `reader` that are made of `seeds` and `words`.
    package init(
        _ reader: String, seeds: [[UInt8]], words: [String] = [], seed: UInt64 = 2_026
    ) {
        self.reader = reader
        mutator = Mutator(seeds: seeds, words: words, seed: seed)
        kept = getenv("CHATLOAD_FUZZ_KEEP").map {
            String(cString: $0) + "/" + reader.replacing("/", with: "-")
        }
    }

    /// Inputs for `reader` that are made of texts.
    package init(_ reader: String, texts: [String], words: [String] = [], seed: UInt64 = 2_026) {
        self.init(reader, seeds: texts.map { Array($0.utf8) }, words: words, seed: seed)
    }

    /// How many inputs a test plays that plays `few` where no more are asked for.
    package static func count(few: Int) -> Int {
        max(getenv("CHATLOAD_FUZZ").flatMap { Int(String(cString: $0)) } ?? few, few)
    }

    /// Hands over the corpus and as many mutations as are asked for, divided by `share` where several
    /// tests play them together, or another plays all of them without files.
    package func play<Failure: Error>(
        few: Int = 1_000, share: Int = 1, _ body: (inout Input) throws(Failure) -> Void
    ) throws(Failure) {
        var mutator = mutator
        for (name, bytes) in Corpus.inputs(of: reader) {
            try play(name, bytes, SeededRandom(seed: 1), body)
        }
        for number in 0..<Self.count(few: few * share) / share {
            let bytes = mutator.next()
            try play("#\(number)", bytes, mutator.random, body)
        }
    }

    private func play<Failure: Error>(
        _ name: String, _ bytes: [UInt8], _ random: SeededRandom,
        _ body: (inout Input) throws(Failure) -> Void
    ) throws(Failure) {
        if let kept { Corpus.write(bytes, to: kept) }
        var input = Input(name: name, bytes: bytes, random: random)
        try body(&input)
    }
}

/// The inputs that once showed a mistake, a folder for each reader.
package enum Corpus {
    private static let folder = String(#filePath.dropLast("Support/Fuzz.swift".count)) + "Corpus/"

    /// The inputs of a reader with their names, in order.
    package static func inputs(of reader: String) -> [(name: String, bytes: [UInt8])] {
        let path = folder + reader
        return names(in: path).map { ($0, contents(of: "\(path)/\($0)")) }
    }

    /// The bytes of a file; none when it cannot be read.
    package static func contents(of path: String) -> [UInt8] { bytes(of: path) ?? [] }

    /// Writes a file anew; one that cannot be written stays as it is.
    package static func write(_ bytes: [UInt8], to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { return }
        _ = Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}
