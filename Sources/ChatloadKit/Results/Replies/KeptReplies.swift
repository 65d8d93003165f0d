package import Base
import Glibc

/// What the folder of a run holds of its replies.
package struct KeptReplies {
    let folder: String
    /// What the journal says; nil when there is none: in a run that keeps no replies, and in one
    /// that is complete.
    let index: JournalIndex?

    /// Looks into a run's folder.
    ///
    /// - Throws: when the journal cannot be read.
    package init(in folder: String) throws(Fault) {
        self.folder = folder
        let path = "\(folder)/\(RunFolder.journal)"
        index = Files.exists(path) ? try JournalIndex(reading: path) : nil
    }

    /// Whether there is something to make a transcript of.
    package var hasJournal: Bool { index != nil }

    /// The conversations that are done.
    package var doneCount: Int { index?.entries.count ?? 0 }

    /// What a reader of the run's figures must know of how it went.
    package func notes(on run: RunDescription) throws(Fault) -> [String] {
        run.notes(inFlight: try inFlight())
    }

    /// Takes the journal away, which a complete run needs no more.
    package func removeJournal() { unlink(journal) }

    /// The conversations that were under way when a part of the run ended.
    func inFlight() throws(Fault) -> [InFlight] {
        if let index { return index.abandoned + index.inFlight }
        let path = "\(folder)/\(RunFolder.inFlight)"
        guard Files.exists(path) else { return [] }
        let list = try RunReader.record(
            path, \.schema, as: InFlightList(conversations: []), otherwise: "is damaged")
        return list.conversations
    }

    /// Counts the conversations of a run that can be resumed, as the journal has them: each once,
    /// however often it was begun.
    ///
    /// - Returns: what was read; nil when the journal is not there or not meant for it.
    func count<Counter: LogCounter>(into counter: inout Counter) throws(Fault) -> LogReading? {
        guard let index, index.parts > 0 else { return nil }
        var stream = CSVStream(sink: ConversationRows(into: counter))
        try stream.feed(ConversationColumn.header)
        try index.forEachRow(in: journal) { (row) throws(Fault) in try stream.feed(row) }
        try stream.finish()
        counter = stream.sink.counter
        return stream.reading
    }

    var journal: String { "\(folder)/\(RunFolder.journal)" }
}
