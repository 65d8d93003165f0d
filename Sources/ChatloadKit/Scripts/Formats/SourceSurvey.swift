import Base

/// Collects, in one walk through a file, what must be known of it before any conversation is read.
struct SourceSurvey {
    private var reader: FormatReader
    private var epoch = Nanoseconds.never
    private var groups = ElementGroups.Builder()
    private var links = MessageLinks.Builder()
    private var branches: [UInt32] = []
    private var captured: [Captured] = []
    private var omissions = Omissions()

    /// An entry of a capture that belongs to a conversation.
    private struct Captured {
        var time: Nanoseconds
        var ordinal: Int
        var key: UInt64
        var begins: Bool
    }

    /// Walks through a file.
    static func source(
        of file: MappedFile, _ recognition: Recognition, _ prompts: PromptSettings,
        columns: [String], attachFrom folder: String? = nil
    ) -> Workload.Source {
        var survey = SourceSurvey(
            reader: FormatReader(
                format: recognition.format, order: recognition.order, table: recognition.table,
                prompts: PromptMaker(prompts, isNeeded: recognition.format.isSized),
                columns: columns))
        let elements = ElementIndex(of: file, order: recognition.order) { element in
            file.withBytes(in: element.range) { survey.take(element, $0) }
        }
        return survey.source(
            of: file, elements, AttachmentFolder(ofWorkload: file.path, named: folder))
    }

    private init(reader: FormatReader) { self.reader = reader }

    private mutating func take(_ element: Element, _ bytes: Span<UInt8>) {
        switch reader.format {
        case .chatload, .messages, .batch, .sharegpt, .lmsys, .oasstThreads: break
        case .wildchat, .evalscope:
            if let time = reader.earliestTime(in: bytes) { epoch = min(epoch, time) }
        case .oasstMessages: links.add(bytes)
        case .oasstTrees: takeTree(element, bytes)
        case .har: takeEntry(element, bytes)
        case .mooncake, .azure, .burstgpt: takeRow(element, bytes)
        }
    }

    /// A tree that cannot be read counts as one conversation, which is refused when it is read.
    private mutating func takeTree(_ element: Element, _ bytes: Span<UInt8>) {
        var count = 1
        if let tree = try? OASSTTree(reading: bytes) {
            count = tree.leaves.count
            omissions.add(.deletedMessage, tree.deleted)
        }
        for _ in 0..<count { branches.append(UInt32(clamping: element.ordinal)) }
    }

    private mutating func takeRow(_ element: Element, _ bytes: Span<UInt8>) {
        if let table = reader.table, !table.hasSessions {
            if let time = table.time(of: bytes) { epoch = min(epoch, time) }
            return
        }
        guard let row = try? reader.sizedTurn(bytes, isOutline: true) else { return }
        if let time = row.time { epoch = min(epoch, time) }
        guard let session = row.session else { return }
        // Later turns of aiperf's sessions have no time: there the file's order is theirs.
        let time = reader.table == nil ? .zero : row.time ?? .zero
        groups.add(element.ordinal, key: session, time: time)
    }

    private mutating func takeEntry(_ element: Element, _ bytes: Span<UInt8>) {
        guard let (key, begins, time) = HARFormat.membership(of: bytes) else { return }
        epoch = min(epoch, time)
        captured.append(
            Captured(time: time, ordinal: element.ordinal, key: key, begins: begins))
    }

    /// Numbers the conversations of a capture: a key that begins anew is another conversation.
    private mutating func groupCaptured() {
        captured.sort { ($0.time, $0.ordinal) < ($1.time, $1.ordinal) }
        var current: [UInt64: UInt64] = [:]
        for (number, entry) in captured.enumerated() {
            let group = entry.begins ? nil : current[entry.key]
            let key = group ?? UInt64(clamping: number)
            current[entry.key] = key
            groups.add(entry.ordinal, key: key, time: entry.time)
        }
    }

    private consuming func source(
        of file: MappedFile, _ elements: ElementIndex, _ attachments: AttachmentFolder
    ) -> Workload.Source {
        var arrangement = Workload.Arrangement.single
        var count = elements.count
        switch reader.format {
        case .oasstTrees:
            arrangement = .branches(branches)
            count = branches.count
        case .oasstMessages:
            let (links, deleted) = links.links()
            omissions.add(.deletedMessage, deleted)
            arrangement = .paths(links)
            count = links.count
        case .har, .mooncake, .azure, .burstgpt:
            if reader.format == .har { groupCaptured() }
            if let groups = groups.groups(of: elements.count) {
                arrangement = .groups(groups)
                count = groups.count
            }
        default: break
        }
        reader.epoch = epoch == .never ? .zero : epoch
        return Workload.Source(
            file: file, elements: elements, reader: reader, arrangement: arrangement,
            omissions: omissions, count: count, attachments: attachments)
    }
}

/// What a file is, by what is in it.
struct Recognition: Equatable {
    var format: WorkloadFormat
    var order: ElementOrder
    /// The columns, where the file is a table.
    var table: TraceTable?

    /// Elements that are looked at until one has keys that are known.
    private static let mostLooks = 20
    /// Bytes of a table's first line.
    private static let longestHeader = 1 << 16

    /// Looks at the beginning of a file. What is not recognised is taken for chatload's own, one
    /// script a line, so that reading it tells what is wrong.
    ///
    /// - Parameter forced: what the user says it is.
    /// - Throws: that the file cannot be of that format at all.
    init(of file: MappedFile, as forced: WorkloadFormat? = nil) throws(Fault) {
        let start = file.lengthOfMark
        let found =
            file.withBytes(in: 0..<file.count) { bytes in
                Self.recognised(file, start: start, in: bytes)
            } ?? Recognition(.chatload, .lines(from: start))
        guard let forced, forced != found.format else {
            self = found
            return
        }
        if forced.isTable || found.format.isTable || (forced == .har) != (found.format == .har) {
            throw Fault(
                "this is no \(forced.rawValue) file: it looks like \(found.format.rawValue)",
                at: .file(file.path), hint: "leave out --format")
        }
        self = Recognition(forced, found.order)
    }

    private init(_ format: WorkloadFormat, _ order: ElementOrder, table: TraceTable? = nil) {
        self.format = format
        self.order = order
        self.table = table
    }

    private static func recognised(
        _ file: MappedFile, start: Int, in bytes: Span<UInt8>
    ) -> Recognition? {
        let begin = beginning(of: file, from: start, in: bytes)
        guard begin < bytes.count else { return nil }
        switch bytes[begin] {
        case UInt8(ascii: "{"): return object(at: begin, of: file, start: start, in: bytes)
        case UInt8(ascii: "["): return array(at: begin, of: file, start: start, in: bytes)
        default: return table(at: begin, of: file, in: bytes)
        }
    }

    /// Where the first line begins, behind its white space, that is neither blank nor a comment.
    private static func beginning(
        of file: MappedFile, from start: Int, in bytes: Span<UInt8>
    ) -> Int {
        var begin = JSONExtent.skipSpace(from: start, in: bytes)
        while begin + 1 < bytes.count, bytes[begin] == UInt8(ascii: "/"),
            bytes[begin + 1] == UInt8(ascii: "/")
        {
            begin = JSONExtent.skipSpace(from: file.endOfLine(from: begin), in: bytes)
        }
        return begin
    }

    /// A table, if its first line names columns that are known.
    private static func table(
        at begin: Int, of file: MappedFile, in bytes: Span<UInt8>
    ) -> Recognition? {
        var end = begin
        while end < min(bytes.count, begin + longestHeader), bytes[end] != 0x0A { end += 1 }
        return TraceTable(header: bytes.extracting(begin..<end)).map { table in
            let passed = file.lineFeeds(in: 0..<end) + 1
            return Recognition(table.format, .lines(from: end + 1, after: passed), table: table)
        }
    }

    /// Objects, as a rule one a line; a capture; or objects that take several lines each.
    private static func object(
        at begin: Int, of file: MappedFile, start: Int, in bytes: Span<UInt8>
    ) -> Recognition? {
        if let entries = entriesOfCapture(at: begin, in: bytes) {
            return Recognition(.har, .array(from: entries))
        }
        let lines = ElementOrder.lines(from: start)
        var isWhole = false
        let sketch = KeySketch(of: bytes, from: begin, isWhole: &isWhole)
        let isOneLine = JSONExtent.end(from: begin, in: bytes).map {
            file.lineFeeds(in: begin..<$0) == 0
        }
        if isWhole, isOneLine == false, let format = sketch.format, format != .chatload {
            return Recognition(format, .values(from: begin))
        }
        return Recognition(format(of: lines, in: file) ?? sketch.format ?? .chatload, lines)
    }

    private static func array(
        at begin: Int, of file: MappedFile, start: Int, in bytes: Span<UInt8>
    ) -> Recognition? {
        let inside = JSONExtent.skipSpace(from: begin + 1, in: bytes)
        let order = ElementOrder.array(from: begin + 1)
        guard inside < bytes.count else { return Recognition(.chatload, order) }
        if bytes[inside] == UInt8(ascii: "[") { return Recognition(.messages, order) }
        var isWhole = false
        let sketch = KeySketch(of: bytes, from: inside, isWhole: &isWhole)
        guard sketch.isMessage else {
            return Recognition(format(of: order, in: file) ?? sketch.format ?? .chatload, order)
        }
        // One array of messages is one conversation; more of them stand on lines of their own.
        let end = JSONExtent.end(from: begin, in: bytes)
        let isOneLine = end.map { file.lineFeeds(in: begin..<$0) == 0 } ?? true
        return Recognition(
            .messages, isOneLine ? .lines(from: start) : .values(from: begin))
    }

    /// The format of the first element that has keys which are known.
    private static func format(of order: ElementOrder, in file: MappedFile) -> WorkloadFormat? {
        var cursor = ElementCursor(order)
        for _ in 0..<mostLooks {
            guard let element = cursor.next(in: file) else { return nil }
            var isWhole = false
            let sketch = file.withBytes(in: element.range) {
                KeySketch(of: $0, from: 0, isWhole: &isWhole)
            }
            if isWhole, let format = sketch.format { return format }
        }
        return nil
    }

    /// Where the entries of a HAR capture begin, behind the bracket.
    private static func entriesOfCapture(at begin: Int, in bytes: Span<UInt8>) -> Int? {
        do throws(JSONError) {
            var scanner = JSONScanner(position: begin, takesNaN: true)
            guard try scanner.next(in: bytes) == .beginObject else { return nil }
            for key: StaticString in ["log", "entries"] {
                var isFound = false
                while !isFound, case .key(let name) = try scanner.next(in: bytes) {
                    isFound = name.equals(key, in: bytes)
                    if !isFound { try scanner.skipValue(in: bytes) }
                }
                if !isFound { return nil }
                let token = try scanner.next(in: bytes)
                guard token == (key.utf8CodeUnitCount == 3 ? .beginObject : .beginArray) else {
                    return nil
                }
            }
            return scanner.position
        } catch {
            return nil
        }
    }
}

/// The keys by which formats are told apart, as far as they stand at the top of an element.
struct KeySketch: OptionSet {
    let rawValue: UInt32

    private static let names: [StaticString] = [
        "turns", "messages", "custom_id", "body", "timestamp", "conversations", "conversation",
        "conversation_hash", "prompt", "message_tree_id", "thread", "message_id", "parent_id",
        "hash_ids", "input_length", "text_input", "log", "role", "content",
    ]

    private static func bit(_ name: String) -> KeySketch {
        let place = names.firstIndex { "\($0)" == name }
        guard let place else { preconditionFailure("BUG: no key \(name)") }
        return KeySketch(rawValue: 1 << UInt32(place))
    }

    private static let turns = bit("turns")
    private static let messages = bit("messages")
    private static let request: KeySketch = [bit("custom_id"), bit("body")]
    private static let trace: KeySketch = [bit("timestamp"), bit("body")]
    private static let conversations = bit("conversations")
    private static let conversation = bit("conversation")
    private static let wildChat: KeySketch = [bit("timestamp"), bit("conversation_hash")]
    private static let tree: KeySketch = [bit("prompt"), bit("message_tree_id")]
    private static let thread = bit("thread")
    private static let oasst: KeySketch = [bit("message_id"), bit("role")]
    private static let mooncake: KeySketch = [
        bit("hash_ids"), bit("input_length"), bit("text_input"),
    ]
    private static let log = bit("log")
    private static let message: KeySketch = [bit("role"), bit("content")]

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The keys of the object that begins at `start`, and whether it was read to its end. `log` ends
    /// the reading, since all of a capture is in it.
    init(of bytes: Span<UInt8>, from start: Int, isWhole: inout Bool) {
        self.init(rawValue: 0)
        isWhole = false
        do throws(JSONError) {
            var scanner = JSONScanner(position: start, takesNaN: true)
            guard try scanner.next(in: bytes) == .beginObject else { return }
            while case .key(let key) = try scanner.next(in: bytes) {
                if let place = Self.names.firstIndex(where: { key.equals($0, in: bytes) }) {
                    insert(KeySketch(rawValue: 1 << UInt32(place)))
                }
                if contains(Self.log) { return }
                try scanner.skipValue(in: bytes)
            }
            isWhole = true
        } catch {
            return
        }
    }

    /// Whether the object is a message rather than a conversation.
    var isMessage: Bool { isSuperset(of: Self.message) && !isSuperset(of: Self.oasst) }

    /// The format that has such keys; nil when none has.
    var format: WorkloadFormat? {
        if contains(Self.turns) { return .chatload }
        if isSuperset(of: Self.request) { return .batch }
        if isSuperset(of: Self.trace) { return .evalscope }
        if isSuperset(of: Self.tree) { return .oasstTrees }
        if contains(Self.thread) { return .oasstThreads }
        if isSuperset(of: Self.oasst) { return .oasstMessages }
        if contains(Self.log) { return .har }
        if contains(Self.conversations) { return .sharegpt }
        if contains(Self.conversation) {
            return isDisjoint(with: Self.wildChat) ? .lmsys : .wildchat
        }
        if !isDisjoint(with: Self.mooncake) { return .mooncake }
        return contains(Self.messages) ? .messages : nil
    }
}
