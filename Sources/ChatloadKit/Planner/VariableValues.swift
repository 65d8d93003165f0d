/// What the variables of one conversation stand for while it is played.
struct VariableValues: Sendable {
    /// The longest value that is captured, in bytes of UTF-8.
    static let longestCapture = 65_536

    /// Where the bot's last reply is.
    static let replyPlace = 3
    /// Where the values of the data's columns begin.
    static let columnsPlace = VariableScope.builtIn.count

    private static let turnPlace = 2

    private let names: [String]
    private var values: [String?]
    /// Where those of the data's columns are.
    private let columns: Range<Int>
    /// Why the columns of the data have no values, when they have none.
    private var missing: String?

    /// The values when a conversation begins that `identity` plays under `ticket`.
    ///
    /// - Parameter row: the values of the data's columns, or why there are none.
    init(
        of conversation: Conversation, identity: String, ticket: Int,
        row: Result<[String], ExchangeFailure>? = nil
    ) {
        names = conversation.variableNames
        columns = Self.columnsPlace..<conversation.columnsEnd
        values = Array(repeating: nil, count: max(names.count, Self.columnsPlace))
        values[0] = identity
        values[1] = "\(ticket)"
        switch row {
        case .success(let cells):
            for (place, cell) in cells.enumerated() where Self.columnsPlace + place < values.count {
                values[Self.columnsPlace + place] = cell
            }
        case .failure(let failure): missing = failure.detail
        case nil: break
        }
    }

    /// A turn begins, the given one from 1.
    mutating func begin(turn: Int) { values[Self.turnPlace] = "\(turn)" }

    /// The bot has replied.
    mutating func take(reply: String) { values[Self.replyPlace] = reply }

    /// Sets a captured value.
    mutating func set(_ value: String, at place: Int) {
        if values.indices.contains(place) { values[place] = value }
    }

    /// Puts something to be seen in place of what a turn would capture and be replied.
    mutating func takePlaceholders(for captures: [Capture]) {
        take(reply: "‹reply›")
        for capture in captures { set("‹\(capture.name)›", at: capture.place) }
    }

    /// The template with every variable replaced.
    ///
    /// - Throws: a `script` failure that names the first variable without a value.
    func text(of template: Template) throws(ExchangeFailure) -> String {
        if template.parts.count == 1, case .text(let text) = template.parts[0] { return text }
        var result = ""
        for part in template.parts {
            switch part {
            case .text(let text): result += text
            case .value(let place):
                guard values.indices.contains(place), let value = values[place] else {
                    throw unset(place)
                }
                result += value
            }
        }
        return result
    }

    private func unset(_ place: Int) -> ExchangeFailure {
        let name = names.indices.contains(place) ? names[place] : "?"
        if let missing, columns.contains(place) {
            return ExchangeFailure(.script, "${\(name)} has no value: \(missing)")
        }
        let reason =
            place == Self.replyPlace
            ? "no turn before has had a reply" : "no turn before has captured it"
        return ExchangeFailure(.script, "${\(name)} has no value: \(reason)")
    }
}
