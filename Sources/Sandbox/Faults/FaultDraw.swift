import Networking

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
    private var counts = [Int](repeating: 0, count: Fault.allCases.count)

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
        for (fault, count) in zip(Fault.allCases, counts) where count > 0 {
            snapshot[fault.rawValue] = count
        }
        return snapshot
    }

    /// How often this fault has happened.
    func count(of fault: Fault) -> Int { counts[Fault.allCases.firstIndex(of: fault) ?? 0] }

    /// The fault that a request of `route` meets with; the one it asked for before any rule's, the
    /// first rule's that strikes otherwise. Counted.
    mutating func next(at route: Route, asked: Fault?) -> Fault? {
        guard route.isService, let fault = drawn(at: route, asked: asked) else { return nil }
        counts[Fault.allCases.firstIndex(of: fault) ?? 0] += 1
        return fault
    }

    private mutating func drawn(at route: Route, asked: Fault?) -> Fault? {
        if burstRest[route.rawValue] > 0 {
            burstRest[route.rawValue] -= 1
            return .burst5xx
        }
        let fault = asked ?? struck(at: route)
        if fault == .burst5xx { burstRest[route.rawValue] = Self.burst - 1 }
        return fault
    }

    private mutating func struck(at route: Route) -> Fault? {
        for (rule, isMeant) in zip(rules, isMeant) where isMeant[route.rawValue] {
            guard random.unit() < rule.rate else { continue }
            return rule.fault ?? Fault.allCases.randomElement(using: &random)
        }
        return nil
    }
}
