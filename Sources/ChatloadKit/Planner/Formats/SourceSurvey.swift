import Networking

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
