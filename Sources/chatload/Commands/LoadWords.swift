import Base
import ChatloadKit
import Networking

/// The load's shape in words, for the plan and for the first line of a run.
extension LoadShape {
    /// How many users there are, or may be.
    var usersInWords: String {
        let count = Figures.count(users)
        if arrivals != nil { return "at most " + count }
        return curve == nil ? count : "up to " + count
    }

    /// The open model's starts; empty in the closed model.
    var arrivalsInWords: String {
        guard let arrivals else { return "" }
        let rate = (curve == nil ? "" : "up to ") + Figures.rate(arrivals.rate)
        return switch arrivals.process {
        case .constant: rate + " at equal gaps"
        case .poisson: rate + ", Poisson"
        case .gamma(let burstiness): rate + ", gamma with burstiness \(burstiness)"
        }
    }

    /// How the load changes; empty when it does not.
    var curveInWords: String {
        guard let curve else { return "" }
        return (arrivals == nil ? "users: " : "starts a second: ") + curve.specification
    }

    /// How the users of the closed model begin; empty where they do at once or along a curve.
    var startInWords: String {
        if startJitter > .zero { return "each up to \(Units.exact(startJitter)) later" }
        return startSpan == .zero
            ? "" : "evenly over \(Units.format(startSpan)) (--start-jitter 0 for all at once)"
    }

    /// What is left out of the figures; empty for nothing.
    var warmupInWords: String {
        switch warmup {
        case .time(let span): Units.exact(span)
        case .conversations(let count): "\(Figures.count(count)) conversations"
        case .automatic: "until figures no longer drift, at most half of the run"
        case nil: ""
        }
    }
}

extension Plan {
    /// How many users there are, or may be.
    var usersInWords: String {
        clock == nil ? load.usersInWords : "at most " + Figures.count(load.users)
    }
}

extension Connections {
    /// What stands behind the target where they are made to a proxy; empty where they are not.
    var wayInWords: String { proxy.map { " through the proxy \($0.description)" } ?? "" }

    /// Where connections come from and when they are given back; empty for the usual.
    var inWords: String {
        var words: [String] = []
        if !sources.isEmpty { words.append("from " + sources.map(\.ip).joined(separator: ", ")) }
        if proxy != nil { words.append(String(wayInWords.dropFirst())) }
        if let idleClose { words.append("closed when idle for " + Units.exact(idleClose)) }
        return words.joined(separator: "; ")
    }
}

extension RetryPolicy {
    /// What is tried again; empty for nothing.
    var inWords: String {
        if most == 0 { return "" }
        let scope = repeatsUnsafe ? ", also of what may have been carried out" : ""
        return "up to \(most), the first within \(Units.exact(delay))" + scope
    }
}

extension Feeder {
    /// What rows there are and who gets them, in words.
    var inWords: String {
        let rows = "\(Figures.count(table.count)) row\(table.count == 1 ? "" : "s")"
        let names = table.columns.prefix(12).joined(separator: ", ")
        let manner =
            switch order {
            case .sequential: "in the file's order, again and again"
            case .shuffled: "shuffled, again and again"
            case .unique: "each once"
            }
        return "\(table.path): \(rows) of \(names)\(table.columns.count > 12 ? ", …" : "")\n"
            + "one for each \(per.rawValue), \(manner)"
    }
}
