import Base
import ChatloadKit

/// Option kind: how the values an option is given more than once, or in several places, go together.
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

/// Option effect: what an option changes, and so what a replay that is gone on with makes of it.
enum OptionEffect: Sendable {
    /// What is said to whom; the same in every part of a replay.
    case whatIsSent
    /// What a run keeps of it; the same in every part of a replay, which has one log.
    case output
    /// How much is done at once, how long it may take and how it is judged; each part of a replay may
    /// have its own.
    case howItRuns
    /// This process alone; never taken over from an earlier part.
    case thisProcess
}

/// Role in a comparison: what it means for two sides that their runs differ in an option.
enum ComparisonRole: Sendable {
    /// Their figures are made under different conditions.
    case condition
    /// It is told, and changes nothing about what is measured.
    case incidental
    /// It is of no interest, or another fact of the run tells it.
    case untold
}

/// Option: what everybody but the store needs to know of it. Parsing, help, manual page, completions,
/// environment, configuration file, resuming and comparing all come from this declaration.
struct OptionSpec: Sendable {
    /// Long names and one-letter names; the first long one is the name proper.
    let names: [String]
    let placeholder: String
    let kind: OptionKind
    /// The default as a value of the option, or in words between parentheses.
    var defaultText: String?
    var help: String
    /// The values there are, where they are few.
    let choices: [String]
    /// What joins key and value of a keyed option, for objects in a configuration file.
    var separator = "="
    /// Whether arguments without a name that come after it are values of it.
    var takesRest = false
    /// The commands that have it.
    var commands: Set<Command> = []
    var effect = OptionEffect.thisProcess
    var inComparison = ComparisonRole.condition
    /// What it means otherwise in some of its commands.
    var meanings: [Command: (help: String, defaultText: String?)] = [:]

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

    /// Whether it may be another in each part of a replay; files are told apart by their content.
    var isFree: Bool { effect == .howItRuns || effect == .thisProcess || kind == .positional }

    /// Whether `flag`, hyphens included, is one of its names.
    func isFlag(_ flag: String) -> Bool { kind != .positional && flags.contains(flag) }

    /// The option as a command means it.
    func meant(by command: Command) -> OptionSpec {
        var option = self
        if let meaning = meanings[command] { (option.help, option.defaultText) = meaning }
        return option
    }
}

/// One row of an option table: an option, and how its text gets into the settings of its subject.
struct OptionRow<Settings>: Sendable {
    var spec: OptionSpec
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
        row.spec.separator = separator
        return row
    }

    /// An option with many values; one that `takesRest` also has all arguments without a name that
    /// come after it.
    static func list<Value>(
        _ names: [String], _ placeholder: String, _ reader: Reader<Value>,
        into path: any WritableKeyPath<Settings, [Value]> & Sendable, takesRest: Bool = false,
        _ help: String
    ) -> Self {
        var row = row(names, placeholder, .list, nil, help, reader) {
            $1[keyPath: path].append($0)
        }
        row.spec.takesRest = takesRest
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
        let spec = OptionSpec(
            names: names, placeholder: placeholder, kind: kind, defaultText: text, help: help,
            choices: reader.choices)
        return Self(spec: spec) { (text, settings) throws(Fault) in
            store(try reader.read(text), &settings)
        }
    }

    /// The same as an option of these commands, with this effect and role in comparisons.
    func of(
        _ commands: Set<Command>, _ effect: OptionEffect, as role: ComparisonRole = .condition
    ) -> Self {
        var row = self
        row.spec.commands = commands
        row.spec.effect = effect
        row.spec.inComparison = role
        return row
    }

    /// The option as one of a subject that has these settings among its own; its names get a prefix.
    func inside<Outer>(
        _ path: any WritableKeyPath<Outer, Settings> & Sendable, prefix: String
    ) -> OptionRow<Outer> {
        let spec = OptionSpec(
            names: spec.names.map { prefix + $0 }, placeholder: spec.placeholder, kind: spec.kind,
            defaultText: spec.defaultText, help: spec.help, choices: spec.choices)
        let store = store
        return OptionRow<Outer>(spec: spec) { (text, outer) throws(Fault) in
            try store(text, &outer[keyPath: path])
        }
    }

    /// The same option with another help text or default in a command.
    func meaning(_ help: String? = nil, default text: String? = nil, in command: Command) -> Self {
        var row = self
        row.spec.meanings[command] = (help ?? spec.help, text)
        return row
    }
}

/// Subject: settings that a command reads from its options.
protocol OptionSubject {
    /// One row an option, in the order of the help.
    static var rows: [OptionRow<Self>] { get }

    /// As they are where nothing is given.
    init()
}

extension OptionSubject {
    /// The rows; those that do not say it themselves as options of these commands, with this effect
    /// and role in comparisons.
    static func options(
        of commands: Set<Command>, _ effect: OptionEffect,
        as role: ComparisonRole = .condition, _ rows: OptionRow<Self>...
    ) -> [OptionRow<Self>] {
        rows.map { $0.spec.commands.isEmpty ? $0.of(commands, effect, as: role) : $0 }
    }
}

extension Set<Command> {
    /// Those that play something.
    static let playing: Self = [.run, .replay, .plan, .probe]
    /// Those that play a whole workload.
    static let measuring: Self = [.run, .replay, .plan]
    /// Those that make a load of it.
    static let loading: Self = [.run, .plan]
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

    /// The entries as they are typed, one a line.
    func text(joinedBy separator: String) -> String where Value == String {
        entries.map { $0.key + separator + $0.value }.joined(separator: "\n")
    }

    /// The value under a key.
    subscript(key: String) -> Value? { entries.first { $0.key == key }?.value }
}

/// A value somebody gave for an option, and where.
struct OptionValue: Sendable {
    /// The option's name.
    var option: String
    var text: String
    var place: Fault.Place
}
