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
