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
        if tally.complaints.count < Fault.mostAtOnce {
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

/// Set of conversations by their index in the workload.
///
/// One bit each and, once places are asked for, a running count for every 64 of them: 10 million
/// conversations take 2.5 MB.
package struct ConversationSet: Sendable, Equatable {
    private var words: [UInt64] = []
    /// For each word the members up to and with its own; empty in a set that still grows.
    private var sums: [UInt32] = []

    /// Its members are below this.
    package private(set) var limit = 0

    /// The number of members.
    package private(set) var count = 0

    init() {}

    /// The conversations below `limit` that are wanted.
    package init(below limit: Int, where isMember: (Int) -> Bool) {
        words.reserveCapacity((limit + 63) / 64)
        sums.reserveCapacity((limit + 63) / 64)
        for start in stride(from: 0, to: limit, by: 64) {
            var word: UInt64 = 0
            for index in start..<min(start + 64, limit) where isMember(index) {
                word |= 1 << UInt64(index - start)
            }
            count += word.nonzeroBitCount
            words.append(word)
            sums.append(UInt32(count))
        }
        self.limit = limit
    }

    /// Adds a conversation to a set that was made empty.
    mutating func insert(_ index: Int) {
        precondition(sums.isEmpty, "BUG: the set is complete")
        if contains(index) { return }
        limit = max(limit, index + 1)
        let missing = index / 64 + 1 - words.count
        if missing > 0 { words.append(contentsOf: repeatElement(0, count: missing)) }
        words[index / 64] |= 1 << UInt64(index % 64)
        count += 1
    }

    /// Whether it holds this conversation.
    package func contains(_ index: Int) -> Bool {
        guard index >= 0, index / 64 < words.count else { return false }
        return words[index / 64] >> UInt64(index % 64) & 1 == 1
    }

    /// The member of a complete set that has `place` smaller ones; `place` must be in 0..<count.
    package func member(at place: Int) -> Int {
        precondition(place >= 0 && place < count, "BUG: no member at \(place)")
        let low = sums.partitioningIndex { $0 > place }
        var word = words[low]
        // Each step takes away the lowest member.
        for _ in 0..<(place - (low == 0 ? 0 : Int(sums[low - 1]))) { word &= word - 1 }
        return low * 64 + word.trailingZeroBitCount
    }
}

/// Writes conversations as lines of a workload: what `ElementParser` reads back as the same.
///
/// Keys that say nothing (a weight of 1, no think time) are left out, the others stand in the order
/// of the script reference.
extension Conversation {
    /// Appends one line with its line feed; texts without variables are written so that they are said
    /// as they are, even where they look like variables.
    ///
    /// - Parameter result: appends the JSON object that is to stand under `result` in the turn of this
    ///   index, or nothing for none.
    package func append(
        to buffer: inout ByteBuffer,
        result: ((_ turn: Int, _ buffer: inout ByteBuffer) -> Void)? = nil
    ) {
        buffer.append { line in
            appendHead(to: &line)
            line.append(key: "turns")
            line.append(array: turns.indices) { objects, index in
                objects.append { object in
                    append(turns[index], detail(ofTurn: index), to: &object)
                    guard let result else { return }
                    let start = object.count
                    object.append(key: "result")
                    let end = object.count
                    result(index, &object)
                    if object.count == end { object.truncate(to: start) }
                }
            }
        }
        buffer.append("\n")
    }

    /// Everything before `turns`.
    private func appendHead(to line: inout ByteBuffer) {
        if hasOwnID { line.append("id", id) }
        if let user { line.append("user", user) }
        if weight != 1 { line.append("weight", weight) }
        if let at { line.append("at", Units.exact(at)) }
        append(with, to: &line)
        if let system { line.append("system", system) }
        if stopsOnFailure { line.append("on_fail", "stop") }
    }

    /// A turn's members.
    private func append(_ turn: Turn, _ detail: TurnDetail?, to object: inout ByteBuffer) {
        switch turn.action {
        case .say(let text): object.append("say", template(text))
        case .call(let operation): object.append("call", operation)
        }
        if !turn.attachments.isEmpty {
            object.append("attach", turn.attachments.map { template($0) })
        }
        if let name = turn.name { object.append("name", name) }
        if let think = turn.think { object.append("think", think.specification) }
        append(turn.with, to: &object)
        if let expect = detail?.expectSource { object.append("expect", literal: expect) }
        if let capture = detail?.captureSource { object.append("capture", literal: capture) }
        if let reply = turn.reply { object.append("reply", reply) }
        if let at = turn.at { object.append("at", Units.exact(at)) }
        if let stops = turn.stopsOnFailure { object.append("on_fail", stops ? "stop" : "continue") }
    }

    /// What says a text: itself when it is a template.
    private func template(_ text: String) -> String {
        usesVariables || !text.holdsVariables ? text : text.quotingVariables
    }

    /// `with`, unless it is empty; its keys in alphabetical order.
    private func append(_ parameters: [String: String], to object: inout ByteBuffer) {
        if parameters.isEmpty { return }
        object.append("with") { with in
            for (key, value) in parameters.sorted(by: { $0.key < $1.key }) {
                with.append(key, template(value))
            }
        }
    }
}
