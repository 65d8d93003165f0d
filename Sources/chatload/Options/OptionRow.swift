import Base

/// How the values an option is given more than once, or in several places, go together.
enum OptionKind: Sendable {
    /// On or off, without a value on the command line.
    case toggle
    /// One value; the last of the strongest place counts.
    case single
    /// Many values; all of the strongest place count.
    case list
    /// Many values, each with a key; all places count, the strongest wins key by key.
    case keyed
    /// A list that is written without a name, after the options.
    case positional
}

/// What everybody but the store needs to know of an option: help, environment variables, the
/// configuration file and suggestions all come from this declaration.
struct OptionSpec: Sendable {
    /// Long names and one-letter names; the first long one is the name proper.
    let names: [String]
    let placeholder: String
    let kind: OptionKind
    /// The default as a value of the option, or in words between parentheses.
    let defaultText: String?
    let help: String
    /// The values there are, where they are few.
    var choices: [String] = []
    /// What joins key and value of a keyed option, for objects in a configuration file.
    var separator = "="
    /// Whether arguments without a name that come after it are values of it.
    var takesRest = false

    /// Whether it takes several values.
    var isMany: Bool { kind != .single && kind != .toggle }

    /// The key in a configuration file and the root of the environment variable.
    var name: String { names.first { $0.count > 1 } ?? "" }

    /// `CHATLOAD_` and the name.
    var variable: String {
        "CHATLOAD_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// The names as they are typed, short ones first.
    var flags: [String] {
        names.filter { $0.count == 1 }.map { "-" + $0 }
            + names.filter { $0.count > 1 }.map { "--" + $0 }
    }

    /// The default as a value, nil when there is none or only a description.
    var defaultValue: String? { defaultText.flatMap { $0.hasPrefix("(") ? nil : $0 } }
}

/// One row of an option table: an option's face, and how its text gets into the settings.
struct OptionRow<Settings>: Sendable {
    var face: OptionSpec
    let store: @Sendable (String, inout Settings) throws(Fault) -> Void

    /// An option with one value.
    static func value<Value>(
        _ names: [String], _ placeholder: String, _ reader: Reader<Value>,
        into path: any WritableKeyPath<Settings, Value> & Sendable, default text: String? = nil,
        _ help: String
    ) -> Self {
        row(names, placeholder, .single, text, help, reader) { $1[keyPath: path] = $0 }
    }

    /// An option with one value that may be missing.
    static func value<Value>(
        _ names: [String], _ placeholder: String, _ reader: Reader<Value>,
        into path: any WritableKeyPath<Settings, Value?> & Sendable, default text: String? = nil,
        _ help: String
    ) -> Self {
        row(names, placeholder, .single, text, help, reader) { $1[keyPath: path] = $0 }
    }

    /// An option without a value.
    static func toggle(
        _ names: [String], into path: any WritableKeyPath<Settings, Bool> & Sendable, _ help: String
    ) -> Self {
        row(names, "", .toggle, nil, help, .flag) { $1[keyPath: path] = $0 }
    }

    /// An option whose values have keys.
    static func keyed<Value>(
        _ names: [String], _ placeholder: String, _ reader: Reader<Keyed<Value>.Entry>,
        into path: any WritableKeyPath<Settings, Keyed<Value>> & Sendable, separator: String = "=",
        _ help: String
    ) -> Self {
        var row = row(names, placeholder, .keyed, nil, help, reader) {
            $1[keyPath: path].set($0)
        }
        row.face.separator = separator
        return row
    }

    /// An option with many values.
    static func list<Value>(
        _ names: [String], _ placeholder: String, _ reader: Reader<Value>,
        into path: any WritableKeyPath<Settings, [Value]> & Sendable, _ help: String
    ) -> Self {
        row(names, placeholder, .list, nil, help, reader) { $1[keyPath: path].append($0) }
    }

    /// An option with many values, which also has all arguments without a name that come after it.
    static func rest<Value>(
        _ names: [String], _ placeholder: String, _ reader: Reader<Value>,
        into path: any WritableKeyPath<Settings, [Value]> & Sendable, _ help: String
    ) -> Self {
        var row = list(names, placeholder, reader, into: path, help)
        row.face.takesRest = true
        return row
    }

    /// The arguments without a name.
    static func positional<Value>(
        _ name: String, _ placeholder: String, _ reader: Reader<Value>,
        into path: any WritableKeyPath<Settings, [Value]> & Sendable, _ help: String
    ) -> Self {
        row([name], placeholder, .positional, nil, help, reader) { $1[keyPath: path].append($0) }
    }

    private static func row<Value>(
        _ names: [String], _ placeholder: String, _ kind: OptionKind, _ text: String?,
        _ help: String, _ reader: Reader<Value>,
        store: @escaping @Sendable (Value, inout Settings) -> Void
    ) -> Self {
        let face = OptionSpec(
            names: names, placeholder: placeholder, kind: kind, defaultText: text, help: help,
            choices: reader.choices)
        return Self(face: face) { (text, settings) throws(Fault) in
            store(try reader.read(text), &settings)
        }
    }
}

/// Values under keys, in the order in which the keys first came.
struct Keyed<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        var key: String
        var value: Value
    }

    private(set) var entries: [Entry] = []

    /// Puts a value under its key, over the one that was there.
    mutating func set(_ entry: Entry) {
        if let place = entries.firstIndex(where: { $0.key == entry.key }) {
            entries[place] = entry
        } else {
            entries.append(entry)
        }
    }

    /// The value under a key.
    subscript(key: String) -> Value? { entries.first { $0.key == key }?.value }
}
