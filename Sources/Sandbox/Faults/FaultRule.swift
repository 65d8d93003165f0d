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
        case .tamakoChat, .stammerMessage, .botyardSend: "say"
        case .botyardMessages: "poll"
        case .botyardCreateUser: "login"
        case .botyardServiceInfo: "service.info"
        case .botyardCurrentUser: "user.get"
        case .botyardCommands: "commands.list"
        case .botyardBots, .botyardBot, .botyardCreateChat, .botyardChats, .botyardDeleteChat,
            .botyardUpload:
            String(name.dropFirst("botyard.".count))
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
        place == step || place == name || name.hasPrefix(place + ".")
    }

    /// Everything that `isAt` understands for some route of a service: steps first.
    static let places: [String] = {
        let routes = allCases.filter(\.isService)
        let names =
            routes.compactMap(\.step) + SandboxSettings.services.map(\.name) + routes.map(\.name)
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
    /// By rule and route, whether the rule is about the route's requests.
    private let isMeant: [[Bool]]
    private var random: SeededRandom
    /// By route, how many more of its requests belong to a burst.
    private var burstRest = [Int](repeating: 0, count: Route.allCases.count)
    /// By fault, how often it has happened.
    private var counts = [Int](repeating: 0, count: InjectedFault.allCases.count)

    /// The draws of these rules under the sandbox's seed.
    init(_ rules: [FaultRule], seed: UInt64) {
        self.rules = rules
        isMeant = rules.map { rule in
            Route.allCases.map { $0.isService && (rule.place.map($0.isAt) ?? true) }
        }
        random = SeededRandom(seed: seed, stream: 0x66_6175_6c74)
    }

    /// How often each fault has happened, by its name.
    var snapshot: [String: Int] {
        var snapshot: [String: Int] = [:]
        for (fault, count) in zip(InjectedFault.allCases, counts) where count > 0 {
            snapshot[fault.rawValue] = count
        }
        return snapshot
    }

    /// How often this fault has happened.
    func count(of fault: InjectedFault) -> Int {
        counts[InjectedFault.allCases.firstIndex(of: fault) ?? 0]
    }

    /// The fault that a request of `route` meets with; the one it asked for before any rule's, the
    /// first rule's that strikes otherwise. Counted.
    mutating func next(at route: Route, asked: InjectedFault?) -> InjectedFault? {
        guard route.isService, let fault = drawn(at: route, asked: asked) else { return nil }
        counts[InjectedFault.allCases.firstIndex(of: fault) ?? 0] += 1
        return fault
    }

    private mutating func drawn(at route: Route, asked: InjectedFault?) -> InjectedFault? {
        if burstRest[route.rawValue] > 0 {
            burstRest[route.rawValue] -= 1
            return .burst5xx
        }
        let fault = asked ?? struck(at: route)
        if fault == .burst5xx { burstRest[route.rawValue] = Self.burst - 1 }
        return fault
    }

    private mutating func struck(at route: Route) -> InjectedFault? {
        for (rule, isMeant) in zip(rules, isMeant) where isMeant[route.rawValue] {
            guard random.unit() < rule.rate else { continue }
            return rule.fault ?? InjectedFault.allCases.randomElement(using: &random)
        }
        return nil
    }
}
