/// Something in which the runs of the two sides differ besides their figures.
package struct SettingDifference: Codable, Equatable, Sendable {
    package var name: String
    /// The value on each side; empty where there is none, several values joined where its runs
    /// differ among themselves.
    package var base: String
    package var new: String
    /// Whether figures of the two sides are made under different conditions by it.
    package var matters: Bool
}

extension SettingDifference {
    /// What changes nothing about what is measured, or is what one compares; all else matters.
    private static let incidental: Set<String> = [
        "target", "workload", "seed", "kernel", "machine's memory_bytes", "slo", "abort-on-slo",
        "goodput", "transcript", "log", "grace",
    ]
    private static let digests = "workload's digest"
    /// Settings that are of no interest here, or told by other facts.
    package static let untold: Set<String> = [
        "workload", "service", "target", "seed", "concurrency", "workers", "config",
        "output", "format", "label", "quiet", "no-progress", "metrics-listen", "jtl", "resume",
    ]

    /// In what the runs of two sides differ, what matters first.
    static func between(
        _ base: [RunDescription], _ new: [RunDescription]
    ) -> [SettingDifference] {
        let before = base.map(facts)
        let after = new.map(facts)
        let names = Set((before + after).flatMap(\.keys))
        let found = names.compactMap { name -> SettingDifference? in
            let (left, right) = (values(name, before), values(name, after))
            if left == right { return nil }
            // An older run does not know it.
            if name == digests, left.isEmpty || right.isEmpty { return nil }
            return SettingDifference(
                name: name, base: left, new: right,
                matters: !incidental.contains(name) && !name.hasPrefix("label "))
        }
        return found.sorted { ($0.matters ? 0 : 1, $0.name) < ($1.matters ? 0 : 1, $1.name) }
    }

    private static func values(_ name: String, _ runs: [[String: String]]) -> String {
        var values: [String] = []
        for run in runs {
            let value = run[name] ?? ""
            if !values.contains(value) { values.append(value) }
        }
        return values.joined(separator: " | ")
    }

    private static func facts(_ run: RunDescription) -> [String: String] {
        var facts = run.settings.filter { !untold.contains($0.key) }
            .mapValues { $0.split(separator: "\n").joined(separator: ", ") }
        facts["command"] = run.command
        facts["service"] = run.service
        facts["target"] = run.target
        facts["users"] = "\(run.users)"
        facts["workload"] = run.workloads.joined(separator: " ")
        // The beginning of a digest tells files apart as well as all of it.
        facts[digests] = run.digests.map { String($0.prefix(12)) }
            .joined(separator: " ")
        facts["seed"] = "\(run.seed)"
        facts["shard"] = run.shard
        for (name, value) in run.versions { facts[name] = value }
        for (name, value) in run.machine { facts["machine's \(name)"] = value }
        for (name, value) in run.labels { facts["label \(name)"] = value }
        return facts
    }
}
