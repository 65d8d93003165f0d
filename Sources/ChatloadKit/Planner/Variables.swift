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
    /// Which of the built-in ones have a value already.
    private var begun = Begun.conversation

    private enum Begun { case conversation, firstTurn, laterTurn }

    /// What is known when a conversation begins.
    init(columns: [String]) { self.columns = columns }

    /// All names, by their places.
    var names: [String] { Self.builtIn + columns + captures }

    /// The names that may be used at this point.
    var known: [String] {
        let count =
            switch begun {
            case .conversation: 2
            case .firstTurn: 3
            case .laterTurn: 4
            }
        return Self.builtIn.prefix(count) + columns + captures
    }

    /// From here on texts belong to the conversation's next turn.
    mutating func beginTurn() {
        begun = begun == .conversation ? .firstTurn : .laterTurn
    }

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

/// What is wrong with the variables of a text.
struct VariableFault: Error, Equatable {
    /// How many bytes into the text.
    var offset: Int
    /// The variable as it is written, as far as it goes.
    var excerpt: String
    var message: String
    var suggestion: String

    /// A name that means nothing at this point.
    init(unknown name: Substring, at offset: Int, in scope: VariableScope) {
        self.offset = offset
        excerpt = "${\(name)}"
        let known = scope.known
        if name == "reply" || name == "turn" {
            message = "${\(name)} has no value here"
            suggestion =
                name == "turn"
                ? "only turns have it" : "there is no reply before the first turn has one"
            return
        }
        message = "unknown variable ${\(String(name).shortened)}"
        let nearest = nearestName(to: String(name).shortened, among: known).map {
            "did you mean ${\($0)}? "
        }
        let shown = known.prefix(12).map { "${\($0)}" }.joined(separator: ", ")
        suggestion =
            (nearest ?? "") + "known variables: \(shown)\(known.count > 12 ? ", …" : "");"
            + " $${ means ${ itself"
    }

    /// A `${` without its end.
    init(unclosedAt offset: Int) {
        self.offset = offset
        excerpt = "${"
        message = "this ${ has no closing brace"
        suggestion = "write $${ for ${ itself"
    }
}

/// Looking for variables.
enum Variables {
    /// Whether there is anything to replace.
    static func occur(in text: String) -> Bool {
        var previousWasDollar = false
        for byte in text.utf8 {
            if previousWasDollar, byte == UInt8(ascii: "{") { return true }
            previousWasDollar = byte == UInt8(ascii: "$")
        }
        return false
    }

    /// The template that says `text` itself.
    static func quoted(_ text: String) -> String { text.replacing("${", with: "$${") }
}
