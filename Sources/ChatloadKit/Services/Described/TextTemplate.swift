import Base
import Networking

/// Values of a service's parameters, by their places among them: fixed for a run, or for a turn whose
/// script sets some.
struct ParameterValues: Sendable {
    let parameters: [ServiceParameter]
    private let values: [String?]

    /// The values that settings give.
    init(of parameters: [ServiceParameter] = [], in settings: ServiceSettings? = nil) {
        self.parameters = parameters
        values = parameters.map { settings?[$0.name] }
    }

    /// A parameter's value; nil where it is not set.
    subscript(place: Int) -> String? { values.indices.contains(place) ? values[place] : nil }

    func kind(of place: Int) -> ServiceParameter.Kind {
        parameters.indices.contains(place) ? parameters[place].kind : .text
    }

    /// Whether a parameter is set, or is true where it is a boolean.
    func isSet(_ place: Int) -> Bool {
        kind(of: place) == .boolean ? self[place] == "true" : self[place] != nil
    }

    /// The parameter with a role.
    func place(of role: ServiceParameter.Role) -> Int? { parameters.firstIndex { $0.role == role } }

    /// The value of a variable that is known before anything is sent; nil where it has none, or is not.
    func value(of variable: ServiceVariable) -> String? {
        switch variable {
        case .parameter(let place): self[place]
        case .system: place(of: .system).flatMap { self[$0] }
        default: nil
        }
    }
}

extension ServiceVariable {
    /// Whether its value is fixed by the parameters.
    var isFixed: Bool {
        switch self {
        case .parameter, .system: true
        default: false
        }
    }

    /// The capture that it takes its value from.
    var capture: Int? { if case .capture(let place) = self { place } else { nil } }
}

/// Template of a text, its fixed variables filled in: constant bytes, and variables of the session.
struct TextTemplate: Sendable {
    /// How values are written where the text goes.
    enum Escaping: Sendable {
        case none
        /// Inside a JSON string.
        case json
        /// For a path or a query; parameters in a path keep their slashes.
        case percent, path
        /// For a head, where a control character becomes a blank.
        case header
    }

    private enum Part: Sendable {
        case bytes([UInt8])
        case variable(ServiceVariable)
    }

    private var parts: [Part] = []
    private let escaping: Escaping
    /// The captures without which it has no value.
    private(set) var captures: [Int] = []

    /// A template; nil where a parameter in it has no value.
    init?(_ parts: [TemplatePart], _ parameters: ParameterValues, escaping: Escaping) {
        self.escaping = escaping
        var constant = ByteBuffer()
        for part in parts {
            switch part {
            case .text(let text):
                // A path and a query are written in the file as they are sent.
                if escaping == .json {
                    constant.append(jsonEscaped: text)
                } else {
                    constant.append(text)
                }
            case .variable(let variable) where variable.isFixed:
                guard let value = parameters.value(of: variable) else { return nil }
                Self.append(value, escaping, to: &constant)
            case .variable(let variable):
                if !constant.isEmpty { self.parts.append(.bytes(constant.bytes)) }
                constant.clear()
                self.parts.append(.variable(variable))
                if let capture = variable.capture { captures.append(capture) }
            }
        }
        if !constant.isEmpty || self.parts.isEmpty { self.parts.append(.bytes(constant.bytes)) }
    }

    /// All of it, where nothing in it is a variable of the session.
    var constant: [UInt8]? {
        if parts.count == 1, case .bytes(let bytes) = parts[0] { bytes } else { nil }
    }

    /// Appends it.
    ///
    /// - Parameter text: what is said.
    func append(to buffer: inout ByteBuffer, _ values: SessionValues, text: Span<UInt8>) {
        for index in parts.indices {
            switch parts[index] {
            case .bytes(let bytes): buffer.append(bytes)
            case .variable(let variable):
                values.append(variable, escaping, to: &buffer, text: text)
            }
        }
    }

    /// Appends a value.
    static func append(_ value: String, _ escaping: Escaping, to buffer: inout ByteBuffer) {
        let utf8 = value.utf8
        append(utf8.span, escaping, to: &buffer, keepsSlashes: escaping == .path)
    }

    fileprivate static func append(
        _ value: Span<UInt8>, _ escaping: Escaping, to buffer: inout ByteBuffer,
        keepsSlashes: Bool = false
    ) {
        switch escaping {
        case .none: buffer.append(value)
        case .json: buffer.append(jsonEscaped: value)
        case .percent, .path:
            var start = 0
            while keepsSlashes, let slash = value.firstIndex(of: UInt8(ascii: "/"), from: start) {
                buffer.append(percentEncoded: value.extracting(start..<slash))
                buffer.append(byte: UInt8(ascii: "/"))
                start = slash + 1
            }
            buffer.append(percentEncoded: value.extracting(start..<value.count))
        case .header:
            for index in value.indices {
                buffer.append(byte: value[index].isFieldContent ? value[index] : 0x20)
            }
        }
    }
}

/// What variables are.
extension SessionValues {
    /// Appends the value of a variable of the session.
    fileprivate func append(
        _ variable: ServiceVariable, _ escaping: TextTemplate.Escaping,
        to buffer: inout ByteBuffer, text: Span<UInt8>
    ) {
        switch variable {
        case .text: TextTemplate.append(text, escaping, to: &buffer)
        case .user: append(user, escaping, to: &buffer)
        case .userID: append(userID, escaping, to: &buffer)
        case .uuid: append(uuid, escaping, to: &buffer)
        case .conversation: buffer.append(decimal: conversation)
        case .turn: buffer.append(decimal: turn)
        case .nowMilliseconds: buffer.append(decimal: Int(UTCTime.now.count / 1_000_000))
        case .nowISO: append(UTCTime.text(of: UTCTime.now), escaping, to: &buffer)
        case .capture(let place):
            guard captures.indices.contains(place), let value = captures[place] else { return }
            TextTemplate.append(value.span, escaping, to: &buffer)
        // These are filled in before, or are no texts.
        case .parameter, .system, .role, .messages: break
        }
    }

    private func append(
        _ value: String, _ escaping: TextTemplate.Escaping, to buffer: inout ByteBuffer
    ) {
        let utf8 = value.utf8
        TextTemplate.append(utf8.span, escaping, to: &buffer)
    }

    /// Whether replies have given all of these.
    func has(_ needed: [Int]) -> Bool {
        needed.allSatisfy { captures.indices.contains($0) && captures[$0] != nil }
    }
}
