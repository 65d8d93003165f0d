import Networking

/// What a reader of a run's figures must know of how it went, in sentences.
enum RunNotes {
    /// The conversations that are named; all of them are in `in_flight.json`.
    private static let mostNamed = 3

    /// The notes on a run that left these conversations in flight.
    static func on(_ run: RunDescription, inFlight: [InFlight]) -> [String] {
        let notes = [
            insecure(run), transport(of: run), proxy(of: run), end(of: run), rejected(of: run),
            pauses(of: run), flight(of: inFlight),
        ]
        return notes.compactMap(\.self)
    }

    private static func insecure(_ run: RunDescription) -> String? {
        run.settings["insecure"] == "true"
            ? "the server's certificate was not verified (--insecure)" : nil
    }

    private static func proxy(of run: RunDescription) -> String? {
        run.proxy.map { "everything went through the proxy \($0)" }
    }

    private static func transport(of run: RunDescription) -> String? {
        run.settings["transport"] == "urlsession"
            ? "sent through URLSession (--transport urlsession), which costs more time and tells less"
            : nil
    }

    private static func end(of run: RunDescription) -> String? {
        // Older runs do not say how they ended.
        if run.parts.isEmpty { return nil }
        switch run.ended {
        case .completed: return nil
        case .interrupted: return "interrupted before its end"
        case .stopped: return "ended by a limit before every conversation was played"
        case .sloBroken: return "ended early by --abort-on-slo: \(run.brokenSLO ?? "")"
        case .inputChanged: return "ended early: \(run.changedInput ?? "an input was changed")"
        case .failed: return "ended because it could not be written down any more"
        case nil: return "without an end: it was killed, or is still under way"
        }
    }

    private static func rejected(of run: RunDescription) -> String? {
        switch run.rejected {
        case 0: nil
        case 1: "1 conversation of the workload was passed over: it has an error"
        default: "\(run.rejected) conversations of the workload were passed over: they have errors"
        }
    }

    private static func pauses(of run: RunDescription) -> String? {
        guard run.parts.count > 1 else { return nil }
        let places = run.parts.dropFirst().prefix(mostNamed).map {
            Units.format(Nanoseconds(seconds: $0.begins))
        }
        let more = run.parts.count - 1 > mostNamed ? " …" : ""
        return "played in \(run.parts.count) parts: the pauses, at "
            + "\(places.joined(separator: ", "))\(more), are cut out of all times"
    }

    private static func flight(of inFlight: [InFlight]) -> String? {
        if inFlight.isEmpty { return nil }
        let names = inFlight.prefix(mostNamed).map { "\($0.conversation) (turn \($0.turn))" }
        let more = inFlight.count > mostNamed ? " …" : ""
        let count =
            inFlight.count == 1 ? "1 conversation was" : "\(inFlight.count) conversations were"
        return "\(count) in flight when a part of the run ended (\(RunFolder.inFlight)): "
            + names.joined(separator: ", ") + more
    }
}
