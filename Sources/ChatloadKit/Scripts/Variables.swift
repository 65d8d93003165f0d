import Base

/// The names that texts of a script may have between `${` and `}`, each with the place of its value.
///
/// The built-in ones come first, then the columns of the run's data, then what turns capture, in the
/// order in which the captures first stand in the conversation.
struct VariableScope: Sendable {
    /// Who plays, the conversation's number in the run, the turn's in the conversation, and the bot's
    /// last reply.
    static let builtIn = ["user", "conversation", "turn", "reply"]

    /// The columns of the data.
    let columns: [String]
    private(set) var captures: [String] = []
    /// How many of the built-in ones have a value already: a conversation's, from the first turn on the
    /// turn's, and from the second one on the reply.
    private var begun = 2

    /// What is known when a conversation begins.
    init(columns: [String]) { self.columns = columns }

    /// All names, by their places.
    var names: [String] { Self.builtIn + columns + captures }

    /// The names that may be used at this point.
    var known: [String] { Self.builtIn.prefix(begun) + columns + captures }

    /// From here on texts belong to the conversation's next turn.
    mutating func beginTurn() { begun = min(begun + 1, Self.builtIn.count) }

    /// The place of a name that may be used at this point.
    func place(of name: Substring) -> Int? {
        if let place = Self.builtIn.firstIndex(where: { $0 == name }) {
            return known.contains(Self.builtIn[place]) ? place : nil
        }
        if let place = columns.firstIndex(where: { $0 == name }) {
            return Self.builtIn.count + place
        }
        return captures.firstIndex { $0 == name }.map { Self.builtIn.count + columns.count + $0 }
    }

    /// The place of what a turn captures under a name, which may have been captured before.
    mutating func capture(_ name: String) -> Int {
        if let place = place(of: name[...]) { return place }
        captures.append(name)
        return Self.builtIn.count + columns.count + captures.count - 1
    }

    /// Why nothing can be captured under a name; nil when it can.
    func objection(toCapture name: String) -> String? {
        if name.isEmpty { return "a capture needs a name" }
        if name.utf8.count > 64 { return "a capture's name is longer than 64 bytes" }
        if name.utf8.contains(where: { $0 < 0x21 || $0 == 0x7F || $0 == UInt8(ascii: "}") }) {
            return "a capture's name must not have blanks, control characters or a }"
        }
        if Self.builtIn.contains(name) { return "${\(name)} is built in" }
        return columns.contains(name) ? "${\(name)} is a column of the data" : nil
    }
}

/// What is wrong with the variables of a text; the offset is in its bytes, and the excerpt is the
/// variable as it is written, as far as it goes.
extension Fault {
    /// A name that means nothing at this point.
    fileprivate init(unknown name: Substring, at offset: Int, in scope: VariableScope) {
        if name == "reply" || name == "turn" {
            self.init(
                "${\(name)} has no value here", at: .offset(offset), excerpt: "${\(name)}",
                hint: name == "turn"
                    ? "only turns have it" : "there is no reply before the first turn has one")
            return
        }
        let known = scope.known
        let nearest = nearestName(to: String(name).shortened, among: known).map {
            "did you mean ${\($0)}? "
        }
        let shown = known.prefix(12).map { "${\($0)}" }.joined(separator: ", ")
        self.init(
            "unknown variable ${\(String(name).shortened)}", at: .offset(offset),
            excerpt: "${\(name)}",
            hint: (nearest ?? "") + "known variables: \(shown)\(known.count > 12 ? ", …" : "");"
                + " $${ means ${ itself")
    }
}

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

    /// The values when a conversation begins that `identity` plays under `iteration`.
    ///
    /// - Parameter row: the values of the data's columns, or why there are none.
    init(
        of conversation: Conversation, identity: String, iteration: Int,
        row: Result<[String], ExchangeFailure>? = nil
    ) {
        names = conversation.variableNames
        columns = Self.columnsPlace..<conversation.columnsEnd
        values = Array(repeating: nil, count: max(names.count, Self.columnsPlace))
        values[0] = identity
        values[1] = "\(iteration)"
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

    /// The value at a place; nil while there is none.
    func value(at place: Int) -> String? { values.indices.contains(place) ? values[place] : nil }

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

/// A text with variables, taken apart.
struct Template: Sendable, Equatable {
    /// One piece of it.
    enum Part: Sendable, Equatable {
        case text(String)
        /// The value at this place of the conversation's values.
        case value(Int)
    }

    private(set) var parts: [Part] = []

    /// The template that says a text as it is.
    init(plain text: String) { parts = [.text(text)] }

    /// Takes a text apart.
    ///
    /// - Throws: the first variable that `scope` does not have, or that has no end.
    init(_ text: String, in scope: VariableScope) throws(Fault) {
        try VariableText.takeApart(text) { (piece) throws(Fault) in
            switch piece {
            case .text(let text): parts.append(.text(text))
            case .name(let name, let offset):
                guard let place = scope.place(of: name) else {
                    throw Fault(unknown: name, at: offset, in: scope)
                }
                parts.append(.value(place))
            }
        }
    }

    /// Whether it uses what a reply has brought, as it is or captured, beside so many columns of data.
    func usesReplies(columns: Int) -> Bool {
        let reply = VariableValues.replyPlace
        return uses(reply..<reply + 1) || uses(VariableValues.columnsPlace + columns..<Int.max)
    }

    /// Whether it uses a value at one of these places.
    func uses(_ places: Range<Int>) -> Bool {
        parts.contains { part in
            if case .value(let place) = part { places.contains(place) } else { false }
        }
    }
}
