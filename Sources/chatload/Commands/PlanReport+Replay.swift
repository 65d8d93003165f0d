import ChatloadKit
import Networking

/// What a plan says of a replay.
extension PlanReport {
    /// How many conversations are replayed, and over what time; nothing of a run.
    var replayRows: [(String, String)] {
        guard order.plan.order.isReplay else { return [] }
        let count = Units.format(count: order.plan.conversationLimit ?? 0)
        var rows = [("replay", "\(count) conversations, once each, as fast as allowed")]
        guard let clock = order.plan.clock else { return rows }
        rows = [
            (
                "replay",
                "\(count) conversations that started over \(Units.format(clock.recordedSpan)),"
                    + " once each"
            ),
            ("speed", speed(of: clock)),
            ("later turns", later(clock.pace.turns)),
        ]
        return rows
    }

    private func speed(of clock: ReplayClock) -> String {
        let gap = clock.pace.maxGap.map { ", no gap over \(Units.exact($0))" } ?? ""
        let speed = clock.pace.speed
        let text = speed.rounded() == speed ? "\(Int(speed))" : "\(speed)"
        return "\(text)x\(gap): the last conversation starts after"
            + " \(Units.format(clock.end))"
    }

    private func later(_ turns: TurnTiming) -> String {
        let untimed = order.census.untimedTurns
        let rest =
            untimed == 0
            ? "" : ";\n\(Units.format(count: untimed)) without one follow the reply before"
        return switch turns {
        case .recorded: "at their recorded times, but not before the reply before\(rest)"
        case .think: "the think time after the reply before"
        case .strict: "at their recorded times, whether or not the reply before is there"
        }
    }
}
