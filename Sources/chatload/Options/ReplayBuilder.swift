import ChatloadKit
import Networking

/// Makes a replay's load and pace of the settings.
struct ReplayBuilder {
    let settings: RunSettings

    /// The load: at recorded times a ceiling, otherwise users that play one conversation after
    /// another, without thinking unless that was asked for.
    func load() throws(Complaint) -> LoadShape {
        try check()
        let isTimed = settings.replay.speed != nil
        let thinks = isTimed || settings.replay.turns == .think
        return LoadShape(
            users: settings.users
                ?? (isTimed ? LoadBuilder.usualCeiling : LoadBuilder.usualUsers),
            conversations: settings.conversations, exchanges: settings.exchanges,
            duration: settings.duration, grace: settings.grace,
            thinkOverride: settings.think ?? (thinks ? nil : .fixed(.zero)))
    }

    /// How recorded times are played; nil when they are not.
    var pace: ReplayPace? {
        settings.replay.speed.map {
            ReplayPace(
                speed: $0, maxGap: settings.replay.maxGap, turns: settings.replay.turns ?? .recorded
            )
        }
    }

    private func check() throws(Complaint) {
        if let flag = settings.loadOnlyFlag {
            throw Complaint(
                "is for a load test, and a replay has the load that was recorded", at: .flag(flag),
                hint: "leave it out; -c says how many users there are")
        }
        let turns = settings.replay.turns
        if settings.replay.speed == nil {
            if settings.replay.maxGap != nil { throw needsSpeed("--max-gap") }
            if let turns, turns != .think { throw needsSpeed("--turns") }
        } else if settings.think != nil, turns != .think {
            throw Complaint(
                "turns are taken at their recorded times", at: .flag("--think"),
                hint: "add --turns think, or leave out --think")
        }
        if turns == .strict, !settings.service.allowsOverlap {
            throw Complaint(
                "\(settings.service.rawValue) brings replies by polling a chat, so that turns"
                    + " which overlap could not tell whose reply they got", at: .flag("--turns"),
                hint: "--turns recorded takes each turn when the reply before it is there")
        }
    }

    private func needsSpeed(_ flag: String) -> Complaint {
        Complaint(
            "is about recorded times, and these are played with --speed only", at: .flag(flag),
            hint: "add --speed 1x to play them as they were")
    }
}
