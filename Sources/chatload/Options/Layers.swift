/// The values given for a command's options, by where they were given.
struct Layers: Sendable {
    /// From the strongest to the weakest, the defaults left out.
    private let layers: [[Given]]

    /// Collects what the flags, the environment and the configuration file say.
    init(of command: Command, flags: [Given], in surroundings: Surroundings) throws(Complaint) {
        let faces = command.faces
        let environment = surroundings.given(for: faces)
        let config = faces.firstIndex { $0.name == "config" }
        let file = flags.last { $0.option == config } ?? environment.last { $0.option == config }
        let configured = try file.map { (given) throws(Complaint) in
            try ConfigFile(path: given.text, namedAt: given.place, in: surroundings)
                .given(for: faces)
        }
        layers = [flags, environment, configured ?? []]
    }

    /// The flags over what was decided before; environment and configuration file have no say.
    init(flags: [Given], over stored: [Given]) { layers = [flags, stored] }

    /// The settings that follow from all layers and the defaults.
    func settings<Settings>(_ empty: Settings, _ rows: [OptionRow<Settings>]) throws(Complaint)
        -> Settings
    {
        var settings = empty
        for (option, row) in rows.enumerated() {
            let values = values(of: option, row.face)
            if values.isEmpty, let text = row.face.defaultValue {
                try store(text, of: row, at: .flag(row.face.flags.last ?? ""), into: &settings)
            }
            for given in values {
                try store(given.text, of: row, at: given.place, into: &settings)
            }
        }
        return settings
    }

    /// The options in effect as they were typed, defaults included, in the order of the table.
    func typed(of faces: [OptionFace]) -> Keyed<String> {
        var typed = Keyed<String>()
        for (option, face) in faces.enumerated() {
            let texts = values(of: option, face).map(\.text)
            let text = texts.isEmpty ? face.defaultValue : texts.joined(separator: "\n")
            if let text { typed.set(Keyed.Entry(key: face.name, value: text)) }
        }
        return typed
    }

    private func values(of option: Int, _ face: OptionFace) -> [Given] {
        let found = layers.map { $0.filter { $0.option == option } }.filter { !$0.isEmpty }
        switch face.kind {
        case .toggle, .single: return found.first.map { Array($0.suffix(1)) } ?? []
        case .list, .positional: return found.first ?? []
        case .keyed: return found.reversed().flatMap(\.self)
        }
    }

    private func store<Settings>(
        _ text: String, of row: OptionRow<Settings>, at place: Complaint.Place,
        into settings: inout Settings
    ) throws(Complaint) {
        do {
            try row.store(text, &settings)
        } catch {
            throw Complaint(error.message, at: place, hint: error.hint)
        }
    }
}
