import Base
import ChatloadKit
import Networking

/// The `--config` file: one JSON object whose keys are the options' long names.
///
/// Values are strings, numbers and booleans as they would be typed; a repeatable option takes an
/// array of them, one with keys also an object. Its text is never quoted in an error, since it may
/// hold what should not be there.
struct ConfigFile {
    private let path: String
    private let bytes: [UInt8]

    /// Reads the file named at `place`.
    init(path: String, namedAt place: Fault.Place, in surroundings: ProcessEnvironment)
        throws(Fault)
    {
        self.path = path
        bytes = try surroundings.text(in: path, namedAt: place)
    }

    /// The values for the `options`; options of other commands are passed over.
    func given(for options: [OptionSpec]) throws(Fault) -> [OptionValue] {
        var scanner = JSONScanner()
        var given: [OptionValue] = []
        var seen: Set<String> = []
        guard case .beginObject = try next(&scanner) else {
            throw complaint("must be one JSON object, {…}", at: 0)
        }
        while true {
            let offset = scanner.position
            switch try next(&scanner) {
            case .key(let text):
                let key = text.string(in: bytes.span)
                func place() -> Fault.Place { self.place(of: key, at: text.range.lowerBound) }
                let option = try option(for: key, in: options, at: place)
                if let option, !seen.insert(option.name).inserted {
                    throw Fault(
                        "the option is there already", at: place(),
                        hint: option.isMany
                            ? "give it once, with an array of values" : "leave one of them out")
                }
                let values = try values(&scanner, of: option, at: place)
                if let option {
                    let place = place()
                    given += values.map {
                        OptionValue(option: option.name, text: $0, place: place)
                    }
                }
            case .endObject:
                _ = try next(&scanner)
                return given
            default: throw complaint("must be one JSON object, {…}", at: offset)
            }
        }
    }

    /// The option of a key; nil where other commands have it.
    private func option(for key: String, in options: [OptionSpec], at place: () -> Fault.Place)
        throws(Fault) -> OptionSpec?
    {
        if key == ProcessOptions.configName {
            throw Fault("a configuration file cannot name another", at: place())
        }
        func isNamed(_ option: OptionSpec) -> Bool { key.count > 1 && option.names.contains(key) }
        if let option = options.first(where: isNamed) { return option }
        if OptionSpec.all.contains(where: isNamed) { return nil }
        let known = OptionSpec.all.flatMap(\.names).filter { $0.count > 1 }
        throw Fault(
            "is no option", at: place(),
            hint: Synonym.named("--" + key).map { "it \($0.remark)" }
                ?? nearestHint(for: key, among: known)
                ?? "the keys are the long names of options, such as \"duration\"")
    }

    /// The texts of a key's value.
    private func values(
        _ scanner: inout JSONScanner, of option: OptionSpec?, at place: () -> Fault.Place
    ) throws(Fault) -> [String] {
        let kind = option?.kind ?? .keyed
        let isMany = option?.isMany ?? true
        let token = try next(&scanner)
        if let text = text(of: token) { return [text] }
        switch token {
        case .null: return []
        case .beginArray where isMany:
            return try texts(&scanner, keyedBy: nil, at: place)
        case .beginObject where kind == .keyed:
            return try texts(&scanner, keyedBy: option?.separator ?? "=", at: place)
        default:
            throw Fault(
                "has a value of the wrong kind", at: place(),
                hint: isMany ? "give a value or an array of them" : "give one value")
        }
    }

    /// The texts of an array's elements, or of an object's members with their keys before a
    /// separator.
    private func texts(
        _ scanner: inout JSONScanner, keyedBy separator: String?, at place: () -> Fault.Place
    ) throws(Fault) -> [String] {
        var texts: [String] = []
        var seen: Set<String> = []
        while true {
            var (token, start) = (try next(&scanner), "")
            if token == .endArray || token == .endObject { return texts }
            if case .key(let key) = token {
                let name = key.string(in: bytes.span)
                guard seen.insert(name).inserted else {
                    throw Fault("has a member twice", at: place(), hint: "leave one of them out")
                }
                start = name + (separator ?? "")
                token = try next(&scanner)
            }
            guard let text = text(of: token) else {
                let part = separator == nil ? "an element" : "a member"
                throw Fault("has \(part) that is not a plain value", at: place())
            }
            texts.append(start + text)
        }
    }

    private func text(of token: JSONToken) -> String? {
        switch token {
        case .string(let text): text.string(in: bytes.span)
        case .number(let range): JSONNumber.text(range, in: bytes.span)
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }

    private func next(_ scanner: inout JSONScanner) throws(Fault) -> JSONToken {
        do {
            return try scanner.next(in: bytes.span)
        } catch {
            throw complaint(error.reason, at: error.offset)
        }
    }

    private func complaint(_ message: String, at offset: Int) -> Fault {
        Fault(message, at: place(of: "", at: offset))
    }

    /// Where a key stands. What is not shaped like an option's name may be a secret that has
    /// slipped out of its place, so only its place is shown.
    private func place(of key: String, at offset: Int) -> Fault.Place {
        let before = bytes.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = offset - ((before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1) + 1
        let isName =
            key.utf8.count <= 40
            && key.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-")
                    || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
            }
        return isName
            ? .config(path: path, line: line, column: column, key: key)
            : .file(path, line: line, column: column)
    }
}
