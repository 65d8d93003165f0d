import Networking

/// Understands the rows of `conversations.csv` and counts them.
struct ConversationRows<Counter: LogCounter>: CSVSink {
    private(set) var counter: Counter
    private var places: [Int] = []
    private var phasePlace: Int?
    private var width = 0
    private static var columns: [ConversationColumn] {
        [.started, .ended, .outcome, .conversation, .user, .turns, .exchanges, .failures]
    }

    init(into counter: Counter) { self.counter = counter }

    mutating func take(header: [String]) throws(LogComplaint) {
        places = try CSVHeader.places(of: Self.columns.map(\.rawValue), in: header)
        phasePlace = header.firstIndex(of: ConversationColumn.phase.rawValue)
        width = header.count
    }

    mutating func take(row: borrowing CSVCells, of bytes: Span<UInt8>) -> Bool {
        if row.ranges.count != width { return false }
        var isValid = true
        guard let started = row.number(places[0], of: bytes, isNumber: &isValid),
            let ended = row.number(places[1], of: bytes, isNumber: &isValid),
            let outcome = ConversationOutcome(rawValue: row.text(places[2], of: bytes)),
            var conversation = identity(row, of: bytes)
        else { return false }
        conversation.started = Nanoseconds(started)
        conversation.ended = Nanoseconds(ended)
        conversation.outcome = outcome
        if let phasePlace {
            guard let phase = row.phase(phasePlace, of: bytes) else { return false }
            conversation.phase = phase
        }
        counter.add(conversation)
        return true
    }

    /// Which conversation it was, and what was in it.
    private func identity(_ row: borrowing CSVCells, of bytes: Span<UInt8>) -> ConversationRecord? {
        var isValid = true
        var conversation = ConversationRecord()
        let name = row.text(places[3], of: bytes)
        guard let mark = name.lastIndex(of: "#"),
            let ticket = Int(name[name.index(after: mark)...]),
            let user = row.number(places[4], of: bytes, isNumber: &isValid),
            let turns = row.number(places[5], of: bytes, isNumber: &isValid),
            let exchanges = row.number(places[6], of: bytes, isNumber: &isValid),
            let failures = row.number(places[7], of: bytes, isNumber: &isValid)
        else { return nil }
        conversation.script = String(name[..<mark])
        (conversation.ticket, conversation.user) = (ticket, Int(user))
        (conversation.turns, conversation.exchanges) = (Int(turns), Int(exchanges))
        conversation.failures = Int(failures)
        return conversation
    }
}

/// The first line of a log.
enum CSVHeader {
    /// Where each of the `wanted` columns stands; others are ignored, so newer files can be read.
    static func places(
        of wanted: [String], in header: [String]
    ) throws(LogComplaint) -> [Int] {
        if header.count == 1, let mark = header[0].first(where: { $0 == ";" || $0 == "\t" }) {
            throw LogComplaint(
                "line 1: columns are divided by \(mark == ";" ? "semicolons" : "tabs") here; "
                    + "save it with commas")
        }
        var places: [Int] = []
        for name in wanted {
            guard let place = header.firstIndex(of: name) else {
                throw LogComplaint("line 1: the column \(name) is missing; is this a log of ours?")
            }
            places.append(place)
        }
        return places
    }
}
