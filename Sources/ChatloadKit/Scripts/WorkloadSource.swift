import Base

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
        if case .lines = elements.order {
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
