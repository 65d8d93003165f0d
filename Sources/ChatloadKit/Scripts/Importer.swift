package import Base

/// What an import made of its files.
package struct ImportTally: Sendable, Equatable {
    /// Conversations written, with their turns and the recorded replies of these.
    package var conversations = 0
    package var turns = 0
    package var replies = 0
    /// Conversations whose name was another's before and has been made their own.
    package var renamed = 0
    /// The bytes written.
    package var bytes = 0
    /// What the files hold and the conversations do not.
    package var omissions = Omissions()
    /// Conversations that have errors, and what is wrong with the first of them.
    package var rejected = 0
    package var complaints: [Fault] = []
}

/// Turns workloads of any format into lines of chatload's own, one conversation at a time.
package struct Importer {
    /// Lines are handed on when there is so much of them.
    private static let chunk = 1 << 20
    /// Names are remembered as hashes; beyond this many, repeated ones go unnoticed, as they do when
    /// the lines are read.
    private static let mostIDs = 1 << 20

    /// What came of it so far.
    package private(set) var tally = ImportTally()

    private let limit: Int
    private let skipsErrors: Bool
    private var ids: Set<UInt64> = []
    private var buffer = ByteBuffer(capacity: 2 * Importer.chunk)

    /// An import of the first `limit` conversations. Unless it `skipsErrors`, nothing more is written
    /// once one has been found, but they are still all counted.
    package init(limit: Int? = nil, skipsErrors: Bool = false) {
        self.limit = limit ?? .max
        self.skipsErrors = skipsErrors
    }

    /// Converts a workload. `write` gets the lines in pieces; `progress` the share that has been read.
    ///
    /// - Throws: what `write` throws.
    package mutating func convert<Failure: Error>(
        _ workload: Workload, progress: (Double) -> Void = { _ in },
        write: (borrowing ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) {
        var bytesBefore = 0
        let all = Double(max(workload.byteCount, 1))
        for source in workload.sources where tally.conversations < limit {
            let before = bytesBefore
            try convert(source, progress: { progress(Double(before + $0) / all) }, write: write)
            bytesBefore += source.file.count
        }
        try flush(write)
        progress(1)
    }

    private mutating func convert<Failure: Error>(
        _ source: Workload.Source, progress: (Int) -> Void,
        write: (borrowing ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) {
        source.file.expect(sequentialReading: true)
        defer { source.file.expect(sequentialReading: false) }
        tally.omissions.add(source.omissions)
        var walk = SourceWalk(source)
        while tally.conversations < limit, let index = walk.next(progress) {
            do throws(Fault) {
                var omissions = Omissions()
                var conversation = try source.conversation(
                    at: index, from: &walk.cursor, omitting: &omissions)
                try settleName(of: &conversation, in: source)
                add(conversation, omissions)
            } catch {
                reject(error)
            }
            if buffer.count >= Self.chunk { try flush(write) }
        }
    }

    private mutating func add(_ conversation: Conversation, _ omissions: Omissions) {
        tally.conversations += 1
        tally.turns += conversation.turns.count
        tally.replies += conversation.turns.count { $0.reply != nil }
        tally.omissions.add(omissions)
        if tally.rejected == 0 || skipsErrors {
            conversation.append(to: &buffer)
        }
    }

    private mutating func reject(_ complaint: Fault) {
        tally.rejected += 1
        if tally.complaints.count < ValidationReport.mostComplaints {
            tally.complaints.append(complaint)
        }
    }

    /// Makes sure that the name is the conversation's own, as it must be in a workload.
    private mutating func settleName(
        of conversation: inout Conversation, in source: Workload.Source
    ) throws(Fault) {
        guard conversation.hasOwnID, ids.count < Self.mostIDs,
            !ids.insert(conversation.id.fingerprint).inserted
        else { return }
        if source.format.hasUniqueIDs {
            throw source.complaint(
                "the id \"\(conversation.id.shortened)\" is used more than once",
                about: conversation.line, "give every conversation its own")
        }
        tally.renamed += 1
        var number = conversation.line
        let name = conversation.id
        repeat {
            conversation.id = "\(name)#\(number)"
            number += 1
        } while !ids.insert(conversation.id.fingerprint).inserted
        conversation.hasOwnID = conversation.id.utf8.count <= ElementParser.longestName
    }

    private mutating func flush<Failure: Error>(
        _ write: (borrowing ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) {
        tally.bytes += buffer.count
        if !buffer.isEmpty { try write(buffer) }
        buffer.clear()
    }
}
