package import Base

/// Run folder: the names of the files that runs keep and read again; those that are made of the
/// figures stand in `Exporter.all`.
package enum RunFolder {
    package static let description = "run.json"
    package static let generator = "generator.json"
    package static let log = "exchanges.csv"
    package static let conversations = "conversations.csv"
    package static let summary = "summary.json"
    /// What a run that keeps replies does, in the order of time; gone once it is complete.
    package static let journal = "journal.tsv"
    package static let transcript = "transcript.jsonl"
    package static let batchOutput = "batch_output.jsonl"
    package static let inFlight = "in_flight.json"

    /// Makes a folder that nobody else has, called `path` or `path-2` or `path-3` and so on: who
    /// makes it is who may use it, however many begin at once.
    ///
    /// - Throws: why no folder can be made there.
    package static func claim(_ path: String) throws(Fault) -> String {
        for number in 1...10_000 {
            let name = number == 1 ? path : "\(path)-\(number)"
            if try Files.makeNewFolder(name) { return name }
        }
        throw Fault("\(path): too many folders of this name; choose another one")
    }
}
