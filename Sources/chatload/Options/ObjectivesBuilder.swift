import Base
import ChatloadKit

/// Makes of the settings what a run is to keep, and checks what is to come out of it.
struct ObjectivesBuilder {
    let settings: RunSettings

    /// The thresholds, that of a search for the capacity first, and the limits of the goodput.
    func objectives() throws(Fault) -> Objectives {
        try checkExports()
        let objectives = Objectives(thresholds: thresholds, goodput: settings.goodput)
        if settings.abortsOnSLO, objectives.thresholds.isEmpty {
            throw Fault(
                "there is no SLO to abort on", at: .flag("--abort-on-slo"),
                hint: "say what is to be kept: --slo 'errors<5%'")
        }
        do throws(Fault) {
            try objectives.requireGoodput()
        } catch {
            let flag = settings.capacity?.needsGoodput == true ? "--find-capacity" : "--slo"
            throw error.at(.flag(flag))
        }
        return objectives
    }

    /// Refuses thresholds on steps that no script of a workload has.
    func check(stepsOf census: WorkloadStats) throws(Fault) {
        let known = census.stepNames + Services.stepNames
        for threshold in thresholds {
            guard let step = threshold.step, !known.contains(step) else { continue }
            let flag = threshold == settings.capacity ? "--find-capacity" : "--slo"
            throw Fault(
                "no turn has the name \(Printable.quoted(step))", at: .flag(flag),
                hint: Nearest.hint(for: step, among: known)
                    ?? "a step is a turn's \"name\", or say, poll, login …")
        }
    }

    private var thresholds: [Threshold] {
        (settings.capacity.map { [$0] } ?? []) + settings.slos
    }

    private func checkExports() throws(Fault) {
        for exporter in Exporter.onDemand where settings.exports[exporter.name] != nil {
            let flag = "--\(exporter.name)"
            if settings.capacity != nil {
                throw Fault(
                    "a search makes a run for each of its levels, and this is one file",
                    at: .flag(flag),
                    hint: "make it of the level you want: chatload report FOLDER \(flag) FILE")
            }
            if exporter.needsLog, settings.log == .none {
                throw Fault(
                    "the results are made of the log, and there is none", at: .flag(flag),
                    hint: "leave out --log none")
            }
        }
    }
}

/// Finds the proxy that the environment names, as other tools that speak HTTP do: `HTTP_PROXY` for
/// http targets, `HTTPS_PROXY` for https ones, `ALL_PROXY` for both, `NO_PROXY` for exceptions. A
/// variable in lower case beats the one in upper case, and an empty one stands for no proxy.
struct ProxyBuilder {
    let environment: [String: String]

    /// The proxy on the way to a target; nil without one.
    func proxy(to target: Target) throws(Fault) -> Proxy? {
        let name = target.isTLS ? "HTTPS_PROXY" : "HTTP_PROXY"
        guard let (variable, value) = first(of: [name, "ALL_PROXY"]), !value.isEmpty else {
            return nil
        }
        if let (_, list) = first(of: ["NO_PROXY"]), ProxyExceptions(list).contain(target) {
            return nil
        }
        do {
            return try Proxy(parsing: value, from: variable)
        } catch {
            throw Fault(
                error.message, at: .environment(variable),
                hint: (error.hint ?? "") + "; NO_PROXY=\(target.host) goes without")
        }
    }

    private func first(of names: [String]) -> (variable: String, value: String)? {
        for variable in names.flatMap({ [$0.lowercased(), $0] }) {
            if let value = environment[variable] { return (variable, value) }
        }
        return nil
    }
}
