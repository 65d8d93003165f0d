/// Nullable value of a record: written as null where there is none, and read as nil also where an
/// older version did not write it.
@propertyWrapper
package struct Nullable<Value: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

/// Value of a record that an older version did not write: read as an empty one then.
@propertyWrapper
package struct Default<Value: Codable & Equatable & Sendable & Empty>: Codable, Equatable, Sendable
{
    package var wrappedValue: Value

    package init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws { wrappedValue = try Value(from: decoder) }

    package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// What has a value that says nothing: 0, an empty text or list, figures of nothing.
package protocol Empty {
    init()
}

extension Int: Empty {}
extension UInt64: Empty {}
extension Double: Empty {}
extension Bool: Empty {}
extension String: Empty {}
extension Array: Empty {}
extension Dictionary: Empty {}
extension Histogram: Empty {}
extension Distribution: Empty {}

extension KeyedDecodingContainer {
    package func decode<Value>(
        _: Nullable<Value>.Type, forKey key: Key
    ) throws -> Nullable<Value> {
        Nullable(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }

    package func decode<Value>(
        _: Default<Value>.Type, forKey key: Key
    ) throws -> Default<Value> {
        Default(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? Value())
    }
}

/// Key of a JSON object that is known by name alone.
struct NamedKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// JSON that may be shown on a terminal as it is: what a terminal would act on, or what would change
/// the order in which a line is read, is escaped.
///
/// RFC 8259 §7 asks for that only below U+0020. Here U+007F, the C1 controls (U+0080 to U+009F, of
/// which U+009B begins a control sequence), the line and paragraph separators and the controls of
/// writing direction become `\u00XX` and the like too. They can stand in strings only, so whole
/// documents can be looked through.
package enum ShownJSON {
    /// The same JSON with those characters escaped.
    package static func bytes(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: isCandidate) else { return json }
        var shown: [UInt8] = []
        shown.reserveCapacity(json.count + 64)
        var place = 0
        while place < json.count {
            let (length, scalar) = isCandidate(json[place]) ? acting(json, at: place) : (1, nil)
            if let scalar {
                let digits = String(scalar, radix: 16)
                let zeros = String(repeating: "0", count: 4 - digits.count)
                shown += Array("\\u\(zeros)\(digits)".utf8)
            } else {
                shown.append(json[place])
            }
            place += length
        }
        return shown
    }

    /// The same for a text.
    package static func text(_ json: String) -> String {
        String(decoding: bytes(Array(json.utf8)), as: UTF8.self)
    }

    private static func isCandidate(_ byte: UInt8) -> Bool {
        byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2
    }

    /// How many bytes the character at a place has and which it is, where it is one of those; one
    /// byte and nil for any other.
    private static func acting(_ json: [UInt8], at place: Int) -> (length: Int, scalar: UInt16?) {
        if json[place] == 0x7F { return (1, 0x7F) }
        guard place + 1 < json.count else { return (1, nil) }
        let second = UInt16(json[place + 1] & 0x3F)
        var scalar = UInt16(json[place] & 0x1F) << 6 | second
        var length = 2
        if json[place] == 0xE2 {
            guard place + 2 < json.count else { return (1, nil) }
            scalar = 0x2000 | second << 6 | UInt16(json[place + 2] & 0x3F)
            length = 3
        }
        switch scalar {
        case 0x80...0x9F, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069:
            return (length, scalar)
        default: return (1, nil)
        }
    }
}
