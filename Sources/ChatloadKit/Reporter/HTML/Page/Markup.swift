/// A piece of HTML. What is interpolated into it as text is escaped; only literals and other pieces
/// stand as they are, so a text from outside cannot become markup.
struct Markup: ExpressibleByStringInterpolation, Equatable, Sendable {
    private(set) var text: String

    /// Nothing.
    init() { text = "" }

    init(stringLiteral literal: String) { text = literal }

    init(stringInterpolation pieces: StringInterpolation) { text = pieces.text }

    /// Pieces one after the other.
    init(_ pieces: [Markup]) {
        text = ""
        for piece in pieces { text += piece.text }
    }

    /// The content of our own style and script elements, which must not be escaped.
    static func verbatim(_ ours: StaticString) -> Markup { Markup(stringLiteral: "\(ours)") }

    var isEmpty: Bool { text.isEmpty }

    static func += (left: inout Markup, right: Markup) { left.text += right.text }

    static func + (left: Markup, right: Markup) -> Markup {
        var both = left
        both += right
        return both
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 8)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }

        /// A text from anywhere.
        mutating func appendInterpolation(_ text: String) {
            HTMLText.append(text, to: &self.text)
        }

        mutating func appendInterpolation(_ piece: Markup) { text += piece.text }

        mutating func appendInterpolation(_ pieces: [Markup]) {
            for piece in pieces { text += piece.text }
        }

        mutating func appendInterpolation(_ number: Int) { text += String(number) }

        /// A length or a place, to a hundredth: finer than any screen.
        mutating func appendInterpolation(_ length: Double) {
            text += HTMLText.length(length)
        }
    }
}
