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

/// Setting roles: what it means that runs differ in a setting, by the settings' names; one that is not
/// named here is a condition under which figures are made.
package struct SettingRoles: Sendable {
    /// Told, and nothing about what is measured.
    package var incidental: Set<String>
    /// Of no interest, or told by other facts.
    package var untold: Set<String>

    package init(incidental: Set<String> = [], untold: Set<String> = []) {
        self.incidental = incidental
        self.untold = untold
    }
}

extension SettingDifference {
    /// Facts besides the settings that change nothing about what is measured, or are what one
    /// compares; all others matter.
    private static let incidental: Set<String> = [
        "target", "workload", "seed", "kernel", "machine's memory_bytes",
    ]
    private static let digests = "workload's digest"
    private static let serviceDigest = "service's digest"

    /// In what the runs of two sides differ, what matters first.
    static func between(
        _ base: [RunDescription], _ new: [RunDescription], _ roles: SettingRoles = SettingRoles()
    ) -> [SettingDifference] {
        let before = base.map { facts($0, roles) }
        let after = new.map { facts($0, roles) }
        let incidental = incidental.union(roles.incidental)
        let names = Set((before + after).flatMap(\.keys))
        let found = names.compactMap { name -> SettingDifference? in
            let (left, right) = (values(name, before), values(name, after))
            if left == right { return nil }
            // An older run does not know it.
            let isDigest = name == digests || name == serviceDigest
            if isDigest, left.isEmpty || right.isEmpty { return nil }
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

    private static func facts(
        _ run: RunDescription, _ roles: SettingRoles
    ) -> [String: String] {
        var facts = run.settings.filter { !roles.untold.contains($0.key) }
            .mapValues { $0.split(separator: "\n").joined(separator: ", ") }
        facts["command"] = run.command
        facts["service"] = run.service
        if let digest = run.serviceDigest { facts[serviceDigest] = String(digest.prefix(12)) }
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
