package import Base

/// The names of the files in a run's folder.
package enum RunFolder {
    package static let description = "run.json"
    package static let generator = "generator.json"
    package static let log = "exchanges.csv"
    package static let conversations = "conversations.csv"
    package static let summary = "summary.json"
    package static let summaryTable = "summary.csv"
    package static let timeline = "timeline.csv"
    package static let errors = "errors.csv"
    package static let page = "report.html"
    package static let junit = "junit.xml"
    package static let responseHistogram = "latency.hgrm"
    package static let serviceHistogram = "latency-service.hgrm"
    package static let replyHistogram = "latency-reply.hgrm"
    package static let latencyLog = "latency.hlog"
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
