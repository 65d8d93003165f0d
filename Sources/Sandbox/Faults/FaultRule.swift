package import Base
import Networking

/// When a fault happens: which, to what share of requests, and to which of them.
package struct FaultRule: Sendable, Equatable, CustomStringConvertible {
    /// Stands for all faults: each time another one, all equally likely.
    package static let any = "any"

    /// Which fault; nil for any.
    package var fault: InjectedFault?
    /// The share of requests that it happens to, 0…1.
    package var rate = 1.0
    /// A step (`say`, `poll`, `login`, …), a route as the counts name it, or a service; nil for
    /// every request to a service.
    package var place: String?

    /// This fault for every request to a service.
    package init(_ fault: InjectedFault) { self.fault = fault }

    /// The rule written as `NAME[:RATE][@STEP]`: `reset`, `no-answer:5%`, `any:0.05@poll`.
    ///
    /// - Throws: the part that is none of these.
    package init(parsing text: String) throws(Fault) {
        let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        fault = InjectedFault(rawValue: name)
        guard fault != nil || name == Self.any else {
            throw Self.unknown(
                "fault", name, among: InjectedFault.allCases.map(\.rawValue) + [Self.any],
                or: "chatload serve --help lists them")
        }
        let share = parts.count == 2 ? String(parts[1]) : "1"
        guard let rate = Self.share(share) else {
            throw Fault(
                "\(Printable.quoted(share)) is not a share", hint: "write reset:5% or reset:0.05")
        }
        self.rate = rate
        guard halves.count == 2 else { return }
        let place = String(halves[1])
        guard Route.places.contains(place) else {
            throw Self.unknown(
                "step", place, among: Route.places,
                or: "there are say, poll, login, the names of calls, of services and of the counts")
        }
        self.place = place
    }

    /// The rule as `init(parsing:)` reads it.
    package var description: String {
        let share = rate == 1 ? "" : ":\(rate)"
        return (fault?.rawValue ?? Self.any) + share + (place.map { "@" + $0 } ?? "")
    }

    private static func unknown(
        _ noun: String, _ name: String, among known: [String], or all: String
    ) -> Fault {
        Fault(
            "unknown \(noun) \(Printable.quoted(name))",
            hint: nearestName(to: name, among: known).map { "did you mean \($0)?" } ?? all)
    }

    private static func share(_ text: String) -> Double? {
        let isPercentage = text.last == "%"
        let number = Units.parseNumber(isPercentage ? String(text.dropLast()) : text)
        let share = number.map { isPercentage ? $0 / 100 : $0 }
        return share.flatMap { $0 <= 1 ? $0 : nil }
    }
}

extension Route {
    /// What its exchanges are called by clients; nil where no client has a word for it.
    var step: String? {
        switch self {
        case .tamakoChat, .stammerMessage, .botyardSend, .openAIChat, .azureChat, .responsesCreate,
            .anthropicMessages, .ollamaChat, .geminiGenerate:
            "say"
        case .botyardMessages: "poll"
        case .botyardCreateUser: "login"
        case .botyardServiceInfo: "service.info"
        case .botyardCurrentUser: "user.get"
        case .botyardCommands: "commands.list"
        case .botyardBots, .botyardBot, .botyardCreateChat, .botyardChats, .botyardDeleteChat,
            .botyardUpload:
            String(rawValue.dropFirst("botyard.".count))
        default: nil
        }
    }

    /// Whether it belongs to a service, and not to the sandbox itself or to nobody.
    var isService: Bool {
        switch self {
        case .counts, .unknown, .malformed: false
        default: true
        }
    }

    /// Whether `place` names it: its step, itself, or its service.
    func isAt(_ place: String) -> Bool {
        place == step || place == rawValue || rawValue.hasPrefix(place + ".")
    }

    /// Everything that `isAt` understands for some route of a service: steps first.
    static let places: [String] = {
        let routes = allCases.filter(\.isService)
        let names =
            routes.compactMap(\.step) + SandboxSettings.services.map(\.name)
            + routes.map(\.rawValue)
        var places: [String] = []
        for name in names where !places.contains(name) { places.append(name) }
        return places
    }()
}

/// Which requests meet with a fault, drawn in the order in which they arrive.
struct FaultDraw {
    /// How many requests of a route a burst lasts for, the first included.
    static let burst = 20

    private let rules: [FaultRule]
    private var random: SeededRandom
    /// How many more requests of a route belong to a burst.
    private var burstRest: [Route: Int] = [:]
    /// How often each fault has happened.
    private(set) var counts: [InjectedFault: Int] = [:]

    /// The draws of these rules under the sandbox's seed.
    init(_ rules: [FaultRule], seed: UInt64) {
        self.rules = rules
        random = SeededRandom(seed: seed, stream: 0x66_6175_6c74)
    }

    /// The fault that a request of `route` meets with; the one it asked for before any rule's, the
    /// first rule's that strikes otherwise. Counted. An answer without a stream, or one whose stream is
    /// another, meets with none of those that it cannot have.
    mutating func next(
        at route: Route, asked: InjectedFault?,
        canHave: (InjectedFault) -> Bool = { !$0.isOfStreams }
    ) -> InjectedFault? {
        guard route.isService, let fault = drawn(at: route, asked: asked, canHave) else {
            return nil
        }
        counts[fault, default: 0] += 1
        return fault
    }

    private mutating func drawn(
        at route: Route, asked: InjectedFault?, _ canHave: (InjectedFault) -> Bool
    ) -> InjectedFault? {
        if let rest = burstRest[route], rest > 0 {
            burstRest[route] = rest - 1
            return .burst5xx
        }
        let fault = asked.map { canHave($0) ? $0 : nil } ?? struck(at: route, canHave)
        if fault == .burst5xx { burstRest[route] = Self.burst - 1 }
        return fault
    }

    private mutating func struck(
        at route: Route, _ canHave: (InjectedFault) -> Bool
    ) -> InjectedFault? {
        for rule in rules where rule.place.map(route.isAt) ?? true {
            guard random.unit() < rule.rate else { continue }
            if let fault = rule.fault {
                if canHave(fault) { return fault }
            } else {
                return InjectedFault.allCases.filter(canHave).randomElement(using: &random)
            }
        }
        return nil
    }
}
