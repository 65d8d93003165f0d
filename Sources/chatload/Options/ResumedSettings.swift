import Base
import ChatloadKit

/// The settings of a replay that is gone on with, as its `run.json` has them.
struct ResumedSettings {
    /// Options that say how much is done at once, how long things may take and what is shown, and
    /// not what is said to whom: they may be others in every part of a replay.
    static let free = Set(
        [
            "concurrency", "conversations", "exchanges", "duration", "grace", "timeout",
            "connect-timeout", "idle-close", "source-address", "quota", "on-reject", "workers",
            "output", "format", "label", "config", "quiet", "no-progress", "resume", "workload",
            "cacert", "insecure", "cert", "key", "slo", "goodput", "abort-on-slo", "metrics-listen",
        ] + Exporter.onDemand.map(\.name))
    /// Those that are not taken over: they are about this process.
    static let own = Set(
        [
            "output", "format", "config", "quiet", "no-progress", "resume", "metrics-listen",
        ] + Exporter.onDemand.map(\.name))

    let path: String
    let run: RunDescription

    /// Reads the description in a run's folder.
    init(folder: String) throws(Fault) {
        let folder = RunReader.folder(of: folder)
        path = folder + "/run.json"
        do throws(Fault) {
            run = try RunReader.description(of: folder)
        } catch {
            throw Fault(error.description, at: .flag("--resume"))
        }
        if run.command == "replay" { return }
        throw Fault(
            "\(folder): is a run; only a replay knows what is left of it", at: .flag("--resume"))
    }

    /// What it says of a command's options.
    func given(for faces: [OptionSpec]) -> [OptionValue] {
        let place = Fault.Place.file(path, line: nil, column: nil)
        var given: [OptionValue] = []
        for (option, face) in faces.enumerated() where !Self.own.contains(face.name) {
            let drawn = face.name == "seed" ? "\(run.seed)" : nil
            guard let text = run.settings[face.name] ?? drawn else { continue }
            let texts = face.isMany ? text.split(separator: "\n").map(String.init) : [text]
            given += texts.map { OptionValue(option: option, text: $0, place: place) }
        }
        return given
    }

    /// The settings that may be others than before and are.
    func changes(in typed: Keyed<String>) -> [String: String] {
        var changes: [String: String] = [:]
        for entry in typed.entries
        where Self.free.contains(entry.key) && !Self.own.contains(entry.key)
            && entry.value != run.settings[entry.key]
        {
            changes[entry.key] = entry.value
        }
        return changes
    }

    /// Makes sure that what is played, to whom and how has stayed the same.
    func check(_ typed: Keyed<String>, _ plan: Plan) throws(Fault) {
        let differences = differences(in: typed) + differences(in: plan.inputs)
        guard let first = differences.first else { return }
        var complaint = Fault(
            first, at: .flag("--resume"),
            hint: "put it back as it was, or replay anew into another folder")
        complaint.others = differences.dropFirst().map { Fault($0, at: .flag("--resume")) }
        throw complaint
    }

    private func differences(in typed: Keyed<String>) -> [String] {
        let names = Set(run.settings.keys).union(typed.entries.map(\.key)).subtracting(Self.free)
        return names.sorted().compactMap { name in
            let (before, now) = (run.settings[name], typed[name])
            if before == now || name == "seed" && now == "\(run.seed)" { return nil }
            return "--\(name) was \(Self.shown(before)) and is \(Self.shown(now)) now"
        }
    }

    private func differences(in inputs: [(path: String, digest: String)]) -> [String] {
        guard inputs.count == run.digests.count else {
            return ["\(run.digests.count) files were played and \(inputs.count) are named now"]
        }
        return zip(inputs, run.digests).compactMap { input, before in
            input.digest == before
                ? nil
                : "\(input.path) has changed: its digest was \(before) and is"
                    + " \(input.digest) now"
        }
    }

    private static func shown(_ text: String?) -> String { text.map(Printable.quoted) ?? "not set" }
}

extension RunSettings {
    /// The option of `replay` by which it is resumed.
    static let resumeOptions: [OptionRow<RunSettings>] = [
        .value(
            ["resume"], "RUN", .text, into: \.replay.resumes,
            "go on with a replay that has stopped, by its folder; workload and settings are taken"
                + " from there")
    ]
}
