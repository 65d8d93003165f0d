package import Base
import Glibc

/// The conversations of all files: mapped, indexed, parsed when they are played.
///
/// Cheap to copy and to share between workers. Conversations are numbered from 0 in the order of the
/// files and of what is in them.
package struct Workload: Sendable {
    let sources: [Source]
    /// For each source the conversations up to and with its own.
    private let sums: [Int]
    /// Those that are not passed over as if they were not there; nil for all.
    private var kept: ConversationSet?
    /// What is played instead, where conversations are made and the only one in here is a sample.
    package internal(set) var made: MadePrompts?
    /// How the service counts prompts that are made; nil where all texts are known.
    var calibration: PromptCalibration?

    /// The number of conversations.
    package var count: Int { kept?.count ?? sums.last ?? 0 }

    /// The files as they were named.
    package var paths: [String] { sources.map(\.file.path) }

    /// What each file was recognised as.
    package var formats: [WorkloadFormat] { sources.map(\.format) }

    /// Whether all of it is OpenAI Batch input: then each conversation's id is its `custom_id`.
    package var isBatch: Bool { sources.allSatisfy { $0.format == .batch } }

    /// The bytes of all files, unpacked.
    package var byteCount: Int { sources.reduce(0) { $0 + $1.file.count } }

    /// Opens the files and finds their conversations; what these say is not looked at.
    ///
    /// - Parameters:
    ///   - paths: files of any known format, each recognised by what is in it.
    ///   - format: what all of them are said to be instead.
    ///   - prompts: how prompts are made for traces that tell only sizes.
    ///   - columns: those of the run's data, which scripts may use as variables.
    ///   - folder: where the files are that turns may send along; nil for each file's own folder.
    ///   - progress: hears how many bytes of a file have been unpacked, or have come through a pipe.
    /// - Throws: why a file cannot be read, or that there is no conversation in all of them.
    package static func open(
        _ paths: [String], as format: WorkloadFormat? = nil, prompts: PromptSettings = .init(),
        columns: [String] = [], attachFrom folder: String? = nil,
        progress: ((Int) -> Void)? = nil
    ) throws(Fault) -> Workload {
        var sources: [Source] = []
        for path in paths {
            let file = try MappedFile(path: path, progress: progress)
            let recognition = try Recognition(of: file, as: format)
            sources.append(
                SourceSurvey.source(
                    of: file, recognition, prompts, columns: columns, attachFrom: folder))
            if let change = file.change { throw change }
        }
        var workload = Workload(sources: sources)
        if workload.formats.contains(where: \.isSized) {
            workload.calibration = prompts.calibration
        }
        guard workload.count > 0 else {
            throw Fault(
                "there is no conversation in here",
                at: .file(paths.first ?? "workload"),
                hint: #"write one a line, like {"turns":[{"say":"Hello"}]}"#)
        }
        return workload
    }

    /// A workload of one conversation that says these texts as they are, one a turn.
    ///
    /// - Throws: that it cannot be kept.
    package static func saying(_ texts: [String]) throws(Fault) -> Workload {
        var line = ByteBuffer()
        line.append { line in
            line.append("id", "say")
            line.append(key: "turns")
            line.append(array: texts) { turns, text in
                turns.append { $0.append("say", text.quotingVariables) }
            }
        }
        line.append("\n")
        return try of(line, called: "--say")
    }

    /// A workload of one script that stands in no file.
    static func of(_ line: ByteBuffer, called name: String) throws(Fault) -> Workload {
        let file = try MappedFile(content: line.bytes, called: name)
        let recognition = try Recognition(of: file, as: .chatload)
        return Workload(sources: [
            SourceSurvey.source(of: file, recognition, PromptSettings(), columns: [])
        ])
    }

    private init(sources: [Source]) {
        self.sources = sources
        var sum = 0
        sums = sources.map { source in
            sum += source.count
            return sum
        }
    }

    /// The workload without the conversations that a review found fault with.
    package func leavingOut(_ rejected: ConversationSet) -> Workload {
        if rejected.count == 0 { return self }
        var workload = self
        workload.kept = ConversationSet(below: sums.last ?? 0) { !rejected.contains($0) }
        return workload
    }

    /// What has happened to a file since it was opened, the first of them; nil where all are as they
    /// were.
    package var change: Fault? { sources.lazy.compactMap(\.file.change).first }

    /// Parses one conversation; `index` must be below `count`. Takes a few microseconds.
    ///
    /// - Throws: what is wrong with it, or that its file has changed.
    package func conversation(at index: Int) throws(Fault) -> Conversation {
        let (source, place) = place(of: index)
        source.file.noteLookup()
        var cursor = source.cursor()
        var omissions = Omissions()
        let conversation: Conversation
        do throws(Fault) {
            conversation = try source.conversation(at: place, from: &cursor, omitting: &omissions)
        } catch {
            throw source.file.change ?? error
        }
        if let change = source.file.change { throw change }
        return conversation
    }

    /// The format of one conversation's file; `index` must be below `count`.
    package func format(of index: Int) -> WorkloadFormat { place(of: index).source.format }

    /// Where the files are that one conversation may send along; `index` must be below `count`.
    func attachments(of index: Int) -> AttachmentFolder { place(of: index).source.attachments }

    /// Where a conversation is: its file and its number there.
    private func place(of index: Int) -> (source: Source, index: Int) {
        precondition(index >= 0 && index < count, "BUG: no conversation \(index)")
        let place = kept?.member(at: index) ?? index
        let source = sums.partitioningIndex { $0 > place }
        return (sources[source], place - (source == 0 ? 0 : sums[source - 1]))
    }
}

extension Workload {
    /// One file with the places of its conversations.
    struct Source: Sendable {
        let file: MappedFile
        let elements: ElementIndex
        let reader: FormatReader
        /// Which elements make up which conversation.
        let arrangement: Arrangement
        /// What is in no conversation at all.
        let omissions: Omissions
        /// The number of conversations.
        let count: Int
        /// Where the files are that its turns may send along.
        let attachments: AttachmentFolder

        var format: WorkloadFormat { reader.format }
    }

    /// How elements become conversations.
    enum Arrangement: Sendable {
        /// Each is one.
        case single
        /// Each is one or several: for every conversation the element it is in.
        case branches([UInt32])
        /// Several are one.
        case groups(ElementGroups)
        /// Several are one, and may be part of others too.
        case paths(MessageLinks)
    }
}

extension Workload.Source {
    /// A walk through the conversations; see `conversation(at:from:omitting:)`.
    func cursor() -> ElementCursor { ElementCursor(elements.order) }

    /// Parses the file's n-th conversation, and counts what was left out. Asking for one after the
    /// other with the same cursor looks for each where the one before ended.
    func conversation(
        at index: Int, from cursor: inout ElementCursor, omitting: inout Omissions
    ) throws(Fault) -> Conversation {
        switch arrangement {
        case .single: try conversation(in: index, branch: 0, &cursor, &omitting)
        case .branches(let places):
            try conversation(
                in: Int(places[index]), branch: branch(index, of: places), &cursor, &omitting)
        case .groups(let groups):
            try conversation(of: groups.elements(of: index), &cursor, &omitting)
        case .paths(let links): try conversation(at: index, of: links, &cursor, &omitting)
        }
    }

    /// What the requests of the n-th conversation are, without texts, and the number of its first
    /// line or element; nil where they are not made of sizes.
    func outline(
        at index: Int, from cursor: inout ElementCursor
    ) throws(Fault) -> (SizedOutline, number: Int)? {
        guard format.isSized else { return nil }
        var outline = SizedOutline()
        guard case .groups(let groups) = arrangement else {
            let number = try add(index, &cursor, to: &outline)
            return number.map { (outline, $0) }
        }
        var first: Int?
        for ordinal in groups.elements(of: index) {
            guard let number = try add(ordinal, &cursor, to: &outline) else { return nil }
            first = first ?? number
        }
        return first.map { (outline, $0) }
    }

    /// Adds an element and returns its number; nil when it has a text.
    private func add(
        _ ordinal: Int, _ cursor: inout ElementCursor, to outline: inout SizedOutline
    ) throws(Fault) -> Int? {
        let element = elements.element(at: ordinal, in: file, from: &cursor)
        let turn = try read(element) { bytes throws(Fault) in
            try reader.sizedTurn(bytes, isOutline: true)
        }
        if turn.text != nil { return nil }
        outline.add(turn)
        return elements.order.number(of: element)
    }

    private func conversation(
        in ordinal: Int, branch: Int, _ cursor: inout ElementCursor, _ omitting: inout Omissions
    ) throws(Fault) -> Conversation {
        let element = elements.element(at: ordinal, in: file, from: &cursor)
        return try read(element) { bytes throws(Fault) in
            try reader.conversation(in: bytes, of: element, branch: branch, omitting: &omitting)
        }
    }

    /// The place of a conversation among those of its element.
    private func branch(_ index: Int, of places: [UInt32]) -> Int {
        var first = index
        while first > 0, places[first - 1] == places[index] { first -= 1 }
        return index - first
    }

    private func conversation(
        of members: [Int], _ cursor: inout ElementCursor, _ omitting: inout Omissions
    ) throws(Fault) -> Conversation {
        var dialogue = Dialogue()
        var first: Element?
        for ordinal in members {
            let element = elements.element(at: ordinal, in: file, from: &cursor)
            first = first ?? element
            try read(element) { bytes throws(Fault) in
                try reader.read(bytes, into: &dialogue)
            }
        }
        guard let first else { preconditionFailure("BUG: a conversation of no elements") }
        return try read(first) { _ throws(Fault) in
            try reader.conversation(of: dialogue, beginningAt: first, omitting: &omitting)
        }
    }

    private func conversation(
        at index: Int, of links: MessageLinks, _ cursor: inout ElementCursor,
        _ omitting: inout Omissions
    ) throws(Fault) -> Conversation {
        if let path = links.path(of: index) {
            return try conversation(of: path, &cursor, &omitting)
        }
        let element = elements.element(at: links.end(of: index), in: file, from: &cursor)
        return try read(element) { _ throws(Fault) in
            throw Fault("the message that this one or one before it answers is not in the file")
        }
    }

    /// Lends an element's bytes, and turns what is wrong with them into a complaint with a place.
    private func read<Result>(
        _ element: Element, _ body: (Span<UInt8>) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try file.withBytes(in: element.range) { bytes throws(Fault) in
            do throws(Fault) {
                return try body(bytes)
            } catch {
                throw complaint(error, about: element)
            }
        }
    }

    /// What is wrong with the conversation that begins with the line or element of a number.
    func complaint(_ message: String, about number: Int, _ hint: String? = nil) -> Fault {
        if elements.order.passedLines != nil {
            return Fault(message, at: .file(file.path, line: number), hint: hint)
        }
        return Fault("element \(number): " + message, at: .file(file.path), hint: hint)
    }

    private func complaint(_ fault: Fault, about element: Element) -> Fault {
        let complaint = complaint(
            fault.message, about: elements.order.number(of: element), fault.hint)
        guard let offset = fault.offset else {
            return complaint.at(.file(file.path, line: element.line))
        }
        let place = min(element.range.lowerBound + max(offset, 0), element.range.upperBound)
        let line = element.line + file.lineFeeds(in: element.range.lowerBound..<place)
        return complaint.at(.file(file.path, line: line, column: file.column(of: place)))
    }
}

/// The folder whose files scripts may send along: the workload's own, unless the user names another.
/// A script from elsewhere does not choose among all files of the machine.
struct AttachmentFolder: Sendable, Equatable {
    /// The folder, without links; nil where there is none.
    private let path: String?

    /// That of a workload's file, or the one that the user has named.
    init(ofWorkload file: String, named: String? = nil) {
        let above = file.lastIndex(of: "/").map { String(file[...$0]) }
        path = Self.resolved(named ?? above ?? ".")
    }

    /// What is wrong with a file that is to be sent along; nil when it lies below the folder. Links
    /// and `..` are followed first.
    func objection(to file: String) -> String? {
        guard let file = Self.resolved(file) else { return Attachment.unreadable }
        guard let path, file.hasPrefix(path == "/" ? path : path + "/") else {
            return "is outside of the workload's folder"
        }
        return nil
    }

    /// Makes sure that a turn sends nothing along that lies elsewhere.
    ///
    /// - Throws: a `script` failure that names the file.
    @inline(never)
    func check(_ turn: Turn) throws(ExchangeFailure) {
        for file in turn.attachments {
            guard let objection = objection(to: file) else { continue }
            throw Attachment.failure(of: file, objection)
        }
    }

    /// A path without links and `..`; nil, with `errno`, where there is nothing.
    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}

extension Workload.Source {
    /// The column at which a conversation names a file to send along; nil where that is not found.
    func column(ofAttachment path: String, inConversation index: Int) -> Int? {
        guard case .single = arrangement else { return nil }
        var cursor = cursor()
        let element = elements.element(at: index, in: file, from: &cursor)
        let offset = file.withBytes(in: element.range) { bytes -> Int? in
            var scanner = JSONScanner()
            var isWithin = false
            while let token = try? scanner.next(in: bytes), token != .end {
                switch token {
                case .key(let key): isWithin = key.equals("attach", in: bytes)
                case .string(let text) where isWithin && text.string(in: bytes) == path:
                    return text.range.lowerBound - 1
                default: break
                }
            }
            return nil
        }
        return offset.flatMap { file.column(of: element.range.lowerBound + $0) }
    }
}
