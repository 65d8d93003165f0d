import Base

/// Collects, in one walk through a file, what must be known of it before any conversation is read.
struct SourceSurvey {
    private var reader: FormatReader
    private var epoch = Nanoseconds.never
    private var members: [ElementGroups.Member] = []
    private var messages: [MessageLinks.Message] = []
    private var branches: [UInt32] = []
    /// The entries of a capture that belong to a conversation.
    private var captured: [(time: Nanoseconds, ordinal: Int, key: UInt64, begins: Bool)] = []
    private var omissions = Omissions()

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
        case .text, .prompts, .promptTable: break
        case .wildchat, .evalscope:
            if let time = reader.earliestTime(in: bytes) { epoch = min(epoch, time) }
        case .oasstMessages:
            var parser = ElementParser(bytes)
            messages.append(parser.oasstLink())
        case .oasstTrees: takeTree(element, bytes)
        case .har: takeEntry(element, bytes)
        case .mooncake, .azure, .burstgpt: takeRow(element, bytes)
        case .aiperf: takeTurns(element, bytes)
        }
    }

    /// A tree that cannot be read counts as one conversation, which is refused when it is read.
    private mutating func takeTree(_ element: Element, _ bytes: Span<UInt8>) {
        var count = 1
        var parser = ElementParser(bytes)
        if let (nodes, leaves) = try? parser.oasstTree() {
            count = leaves.count
            omissions.add(.deletedMessage, nodes.count(where: \.isDeleted))
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
        members.append((session, time, UInt32(clamping: element.ordinal)))
    }

    private mutating func takeTurns(_ element: Element, _ bytes: Span<UInt8>) {
        if let time = reader.earliestTime(in: bytes) { epoch = min(epoch, time) }
        guard let session = FormatReader.session(in: bytes) else { return }
        members.append((session, .zero, UInt32(clamping: element.ordinal)))
    }

    private mutating func takeEntry(_ element: Element, _ bytes: Span<UInt8>) {
        guard let (key, begins, time) = HAREntry.membership(of: bytes) else { return }
        epoch = min(epoch, time)
        captured.append((time, element.ordinal, key, begins))
    }

    /// Numbers the conversations of a capture: a key that begins anew is another conversation.
    private mutating func groupCaptured() {
        captured.sort { ($0.time, $0.ordinal) < ($1.time, $1.ordinal) }
        var current: [UInt64: UInt64] = [:]
        for (number, entry) in captured.enumerated() {
            let group = entry.begins ? nil : current[entry.key]
            let key = group ?? UInt64(clamping: number)
            current[entry.key] = key
            members.append((key, entry.time, UInt32(clamping: entry.ordinal)))
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
            let links = MessageLinks(of: messages)
            omissions.add(.deletedMessage, links.deleted)
            arrangement = .paths(links)
            count = links.count
        case .har, .mooncake, .azure, .burstgpt, .aiperf:
            if reader.format == .har { groupCaptured() }
            if let groups = ElementGroups(of: members, among: elements.count) {
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
    var table: WorkloadTable?

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
        // Whatever is text can be prompts, if somebody says so.
        if forced == .text {
            self = Recognition(.text, .lines(from: start))
            return
        }
        let mayBeText = forced == nil && Self.isNamedText(file.path)
        let found =
            file.withBytes(in: 0..<file.count) { bytes in
                Self.recognised(file, start: start, mayBeText: mayBeText, in: bytes)
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

    private init(_ format: WorkloadFormat, _ order: ElementOrder, table: WorkloadTable? = nil) {
        self.format = format
        self.order = order
        self.table = table
    }

    /// Whether a file is called text, perhaps packed: no content tells prompts from a script that is
    /// broken.
    private static func isNamedText(_ path: String) -> Bool {
        let path = path.lowercased()
        return path.hasSuffix(".txt") || path.hasSuffix(".txt.gz")
    }

    private static func recognised(
        _ file: MappedFile, start: Int, mayBeText: Bool, in bytes: Span<UInt8>
    ) -> Recognition? {
        let begin = beginning(of: file, from: start, in: bytes)
        guard begin < bytes.count else { return nil }
        switch bytes[begin] {
        case UInt8(ascii: "{"): return object(at: begin, of: file, start: start, in: bytes)
        case UInt8(ascii: "["): return array(at: begin, of: file, start: start, in: bytes)
        default:
            let table = table(at: begin, of: file, in: bytes)
            if !mayBeText || table?.format.isSized == true { return table }
            // A script among these lines is one whose first line is broken.
            let lines = ElementOrder.lines(from: start)
            return Recognition(format(of: lines, in: file) ?? .text, lines)
        }
    }

    /// Where the first line begins, behind its white space, that is neither blank nor a comment.
    private static func beginning(
        of file: MappedFile, from start: Int, in bytes: Span<UInt8>
    ) -> Int {
        var begin = bytes.skipJSONSpace(from: start)
        while begin + 1 < bytes.count, bytes[begin] == UInt8(ascii: "/"),
            bytes[begin + 1] == UInt8(ascii: "/")
        {
            begin = bytes.skipJSONSpace(from: file.endOfLine(from: begin))
        }
        return begin
    }

    /// A table, if its first line names columns that are known.
    private static func table(
        at begin: Int, of file: MappedFile, in bytes: Span<UInt8>
    ) -> Recognition? {
        var end = begin
        while end < min(bytes.count, begin + longestHeader), bytes[end] != 0x0A { end += 1 }
        return WorkloadTable(header: bytes.extracting(begin..<end)).map { table in
            let passed = file.lineFeeds(in: 0..<end) + 1
            let order: ElementOrder =
                table.format == .promptTable
                ? .rows(from: end + 1, after: passed) : .lines(from: end + 1, after: passed)
            return Recognition(table.format, order, table: table)
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
        let (keys, isWhole) = Self.keys(of: bytes, from: begin)
        let own = format(of: keys) ?? (isWhole ? promptFormat(of: keys) : nil)
        let isOneLine = bytes.endOfJSON(from: begin).map { file.lineFeeds(in: begin..<$0) == 0 }
        if isWhole, isOneLine == false, let own, own != .chatload {
            return Recognition(own, .values(from: begin))
        }
        return Recognition(format(of: lines, in: file) ?? own ?? .chatload, lines)
    }

    private static func array(
        at begin: Int, of file: MappedFile, start: Int, in bytes: Span<UInt8>
    ) -> Recognition? {
        let inside = bytes.skipJSONSpace(from: begin + 1)
        let order = ElementOrder.array(from: begin + 1)
        guard inside < bytes.count else { return Recognition(.chatload, order) }
        if bytes[inside] == UInt8(ascii: "[") { return Recognition(.messages, order) }
        let (keys, _) = Self.keys(of: bytes, from: inside)
        guard keys.isSuperset(of: ["role", "content"]), !keys.contains("message_id") else {
            return Recognition(format(of: order, in: file) ?? format(of: keys) ?? .chatload, order)
        }
        // One array of messages is one conversation; more of them stand on lines of their own.
        let end = bytes.endOfJSON(from: begin)
        let isOneLine = end.map { file.lineFeeds(in: begin..<$0) == 0 } ?? true
        return Recognition(.messages, isOneLine ? .lines(from: start) : .values(from: begin))
    }

    /// The format of the first element that has keys which are known; those of prompts, which others
    /// have too, if there is no such element.
    private static func format(of order: ElementOrder, in file: MappedFile) -> WorkloadFormat? {
        var cursor = ElementCursor(order)
        var prompts: WorkloadFormat?
        for _ in 0..<mostLooks {
            guard let element = cursor.next(in: file) else { break }
            let (keys, isWhole) = file.withBytes(in: element.range) {
                Self.keys(of: $0, from: 0)
            }
            guard isWhole else { continue }
            if let format = format(of: keys) { return format }
            prompts = prompts ?? promptFormat(of: keys)
        }
        return prompts
    }

    /// The format that has such keys at the top of an element; nil when none has.
    private static func format(of keys: Set<String>) -> WorkloadFormat? {
        func has(_ names: String...) -> Bool { keys.isSuperset(of: names) }
        if has("turns") { return has("session_id") ? .aiperf : .chatload }
        if has("custom_id", "body") { return .batch }
        if has("timestamp", "body") { return .evalscope }
        if has("prompt", "message_tree_id") { return .oasstTrees }
        if has("thread") { return .oasstThreads }
        if has("message_id", "role") { return .oasstMessages }
        if has("log") { return .har }
        if has("conversations") { return .sharegpt }
        if has("conversation") {
            return has("timestamp") || has("conversation_hash") ? .wildchat : .lmsys
        }
        if has("hash_ids") || has("input_length") || has("text_input") { return .mooncake }
        return has("messages") ? .messages : nil
    }

    /// The format of prompts that has such keys.
    private static func promptFormat(of keys: Set<String>) -> WorkloadFormat? {
        if keys.contains("prompt") { return .prompts }
        return keys.contains("text") || keys.contains("texts") ? .aiperf : nil
    }

    /// The keys of the object that begins at `start`, and whether it was read to its end. `log` ends
    /// the reading, since all of a capture is in it.
    private static func keys(
        of bytes: Span<UInt8>, from start: Int
    ) -> (keys: Set<String>, isWhole: Bool) {
        var keys: Set<String> = []
        do throws(JSONError) {
            var scanner = JSONScanner(position: start, takesNaN: true)
            guard try scanner.next(in: bytes) == .beginObject else { return (keys, false) }
            while case .key(let key) = try scanner.next(in: bytes) {
                keys.insert(key.string(in: bytes))
                if keys.contains("log") { return (keys, false) }
                try scanner.skipValue(in: bytes)
            }
            return (keys, true)
        } catch {
            return (keys, false)
        }
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
