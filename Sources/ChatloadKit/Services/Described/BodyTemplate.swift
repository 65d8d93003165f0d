import Base

/// Template of a JSON value, compiled: the bytes that never change, and between them what does.
///
/// Members whose variable has no value leave no trace; those that depend on a parameter are decided
/// when it is made, those on a reply's capture when it is written.
struct BodyTemplate: Sendable {
    private enum Segment: Sendable {
        case bytes([UInt8])
        case text(TextTemplate)
        /// The history, an array.
        case messages
        /// A comma, where something stands before it.
        case separator
        /// Without all of these captures what follows is passed over, up to the segment `end`.
        case needs([Int], end: Int)
    }

    /// What roles are written as where it is a message: itself, in the one message that is made of it.
    private let role: String?
    private let parameters: ParameterValues
    private var segments: [Segment] = []
    private var constant = ByteBuffer()

    /// A template of `value`.
    ///
    /// - Parameter role: what `${role}` is.
    init(
        _ value: TemplateValue, _ parameters: ParameterValues, role: String? = nil
    ) {
        self.parameters = parameters
        self.role = role
        if !(add(value)) { constant.append("null") }
        flush()
    }

    /// Appends the value.
    ///
    /// - Parameters:
    ///   - system: the message of the system, as it is written; empty where there is none.
    ///   - text: what is said.
    func append(
        to buffer: inout ByteBuffer, _ values: SessionValues, system: [UInt8] = [],
        text: Span<UInt8>
    ) {
        var index = 0
        while index < segments.count {
            switch segments[index] {
            case .bytes(let bytes): buffer.append(bytes)
            case .text(let template): template.append(to: &buffer, values, text: text)
            case .messages: values.history.append(to: &buffer, behind: system)
            case .separator:
                let last = buffer.bytes.last
                if last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
                    buffer.append(byte: UInt8(ascii: ","))
                }
            case .needs(let captures, let end):
                if !values.has(captures) { index = end - 1 }
            }
            index += 1
        }
    }

    /// Whether the history is in it.
    var hasMessages: Bool {
        segments.contains { if case .messages = $0 { true } else { false } }
    }
}

/// Compiling.
extension BodyTemplate {
    private mutating func flush() {
        if constant.isEmpty { return }
        segments.append(.bytes(constant.bytes))
        constant.clear()
    }

    private mutating func add(_ segment: Segment) {
        flush()
        segments.append(segment)
    }

    /// Adds a value; false where it has none.
    private mutating func add(_ value: TemplateValue) -> Bool {
        switch value {
        case .json(let bytes): constant.append(bytes)
        case .text(let parts):
            guard let template = TextTemplate(filled(parts), parameters, escaping: .json) else {
                return false
            }
            add(string: template)
        case .variable(let variable): return add(variable)
        case .array(let elements):
            constant.append("[")
            addList(elements.map { (nil, $0) })
            constant.append("]")
        case .object(let members):
            constant.append("{")
            addList(members.map { ($0.name, $0.value) })
            constant.append("}")
        case .choice(let parameter, let then, let otherwise):
            guard let chosen = parameters.isSet(parameter) ? then : otherwise else { return false }
            return add(chosen)
        }
        return true
    }

    private mutating func add(string template: TextTemplate) {
        constant.append("\"")
        if let text = template.constant {
            constant.append(text)
        } else {
            add(Segment.text(template))
        }
        constant.append("\"")
    }

    /// Adds elements or members, with commas between those that are there.
    private mutating func addList(
        _ list: [(name: [TemplatePart]?, value: TemplateValue)]
    ) {
        // Whether something certainly stands before the next one, or perhaps.
        var (isCertain, isPossible) = (false, false)
        for (name, value) in list {
            let captures = captures(in: name ?? []) + self.captures(neededBy: value)
            let mark = (segments, constant)
            if !captures.isEmpty { add(.needs(captures, end: 0)) }
            let start = segments.count - 1
            if isCertain {
                constant.append(",")
            } else if isPossible {
                add(.separator)
            }
            guard add(name: name), add(value) else {
                (segments, constant) = mark
                continue
            }
            isPossible = true
            if captures.isEmpty {
                isCertain = true
            } else {
                flush()
                segments[start] = .needs(captures, end: segments.count)
            }
        }
    }

    private mutating func add(name: [TemplatePart]?) -> Bool {
        guard let name else { return true }
        guard let template = TextTemplate(filled(name), parameters, escaping: .json) else {
            return false
        }
        add(string: template)
        constant.append(":")
        return true
    }

    /// The captures without which a value is left out.
    private func captures(neededBy value: TemplateValue) -> [Int] {
        switch value {
        case .variable(let variable): [variable.capture].compactMap(\.self)
        case .text(let parts): captures(in: parts)
        case .choice(let parameter, let then, let otherwise):
            (parameters.isSet(parameter) ? then : otherwise).map(captures(neededBy:)) ?? []
        case .json, .array, .object: []
        }
    }

    private func captures(in parts: [TemplatePart]) -> [Int] {
        parts.compactMap { if case .variable(let variable) = $0 { variable.capture } else { nil } }
    }

    /// The parts with the role in its place.
    private func filled(_ parts: [TemplatePart]) -> [TemplatePart] {
        guard let role else { return parts }
        return parts.map { $0 == .variable(.role) ? .text(role) : $0 }
    }

    /// Adds a variable with its type; false where it has no value.
    private mutating func add(_ variable: ServiceVariable) -> Bool {
        switch variable {
        case .messages: add(Segment.messages)
        case .conversation, .turn, .nowMilliseconds:
            guard
                let template = TextTemplate([.variable(variable)], parameters, escaping: .json)
            else { return false }
            add(Segment.text(template))
        case .parameter(let place) where parameters.kind(of: place) != .text:
            guard let value = parameters[place] else { return false }
            constant.append(value)
        default:
            let parts = filled([.variable(variable)])
            guard let template = TextTemplate(parts, parameters, escaping: .json) else {
                return false
            }
            add(string: template)
        }
        return true
    }
}
