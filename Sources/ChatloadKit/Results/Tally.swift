import Base

/// Where the token counts of several exchanges come from.
package enum TokenOrigin: String, Sendable, Codable {
    case none, reported, estimated, mixed

    /// The origin of two groups of exchanges taken together.
    func joined(with other: TokenOrigin) -> TokenOrigin {
        if self == .none || self == other { return other }
        return other == .none ? self : .mixed
    }
}

/// Tally of exchanges and conversations by the metrics of the table: sums, minima and maxima of
/// integers only, so that neither order nor grouping matters.
package struct Tally: Sendable, Equatable {
    /// What is counted in it.
    package enum Kind: Sendable {
        /// One step's exchanges.
        case step
        /// A part of the run, beside its steps.
        case phase
        /// One credential's exchanges.
        case credential
        /// What a live view tells.
        case live
        /// What rates are of.
        case span
        /// Latencies of a short stretch of time, and those of which there are files over time.
        case interval, fineInterval
    }

    /// Metrics that a kind of tally counts: the hot path asks for each without a list to fetch.
    private struct Metrics: Sendable, Equatable {
        let distributions: Bits
        let counters: Bits

        /// The histograms that have a place up to the last of the distributions.
        var histograms: Int { UInt64.bitWidth - distributions.bits.leadingZeroBitCount }

        init(distributions: [DistributionMetric] = [], counters: [CounterMetric]) {
            self.distributions = Bits(distributions.map(\.rawValue))
            self.counters = Bits(counters.map(\.rawValue))
        }

        /// A bit for each metric, by its raw value.
        struct Bits: Sendable, Equatable {
            let bits: UInt64

            init(_ places: [Int]) { bits = places.reduce(0) { $0 | 1 << UInt64($1) } }

            var isEmpty: Bool { bits == 0 }

            @inline(__always)
            func has(_ metric: some RawRepresentable<Int>) -> Bool {
                bits >> UInt64(truncatingIfNeeded: metric.rawValue) & 1 == 1
            }
        }

        /// One for each kind. Where there may be many tallies of a kind they count the response time
        /// alone.
        static let step = Metrics(
            distributions: DistributionMetric.allCases.filter {
                $0.row.place == .exchanges || $0.row.place == .verdict
            }, counters: CounterMetric.allCases.filter { $0.row.level != .run })
        static let phase = Metrics(
            distributions: DistributionMetric.allCases.filter {
                [.conversations, .generator, .replies].contains($0.row.place)
            },
            counters: CounterMetric.allCases.filter { $0.row.level == .run })
        static let credential = Metrics(
            distributions: [.response], counters: CounterMetric.ofCredentials)
        static let live = Metrics(
            distributions: [.response, .ttft],
            counters: CounterMetric.allCases.filter(\.row.isLive))
        static let span = Metrics(
            counters: CounterMetric.allCases.filter { counter in
                DerivedMetric.rates.contains { $0.row.counter == counter }
            })
        static let interval = Metrics(distributions: [.response, .ttft, .tpot], counters: [])
        static let fineInterval = Metrics(distributions: DistributionMetric.overTime, counters: [])
    }

    private let layout: HistogramLayout
    private let metrics: Metrics
    /// By the metric's raw value, up to the last of those counted; empty until something is.
    private var histograms: [Histogram] = []
    /// By the metric's raw value; empty until something is counted.
    private var counts: [Int] = []
    package private(set) var tokenOrigin = TokenOrigin.none

    /// One that has counted nothing.
    package init(_ kind: Kind) {
        switch kind {
        case .step: (metrics, layout) = (.step, .fine)
        case .phase: (metrics, layout) = (.phase, .fine)
        case .credential: (metrics, layout) = (.credential, .coarse)
        case .live: (metrics, layout) = (.live, .coarse)
        case .span: (metrics, layout) = (.span, .fine)
        case .interval: (metrics, layout) = (.interval, .coarse)
        case .fineInterval: (metrics, layout) = (.fineInterval, .fine)
        }
    }

    /// How often it counted something.
    package subscript(counter: CounterMetric) -> Int {
        counter.rawValue < counts.count ? counts[counter.rawValue] : 0
    }

    /// The values of a distribution.
    package subscript(metric: DistributionMetric) -> Histogram {
        metric.rawValue < histograms.count
            ? histograms[metric.rawValue] : Histogram(layout: metric.layout(beside: layout))
    }

    /// Counts an exchange; `goodput` says how it did if it ended a turn. The hot path.
    mutating func record(
        _ exchange: borrowing Exchange, _ goodput: TurnJudgement = TurnJudgement()
    ) {
        if histograms.count < metrics.histograms { makeRoom(for: metrics.histograms) }
        let distributions = metrics.distributions
        histograms.withUnsafeMutableBufferPointer { histograms in
            DistributionMetric.forEachValue(of: exchange, where: { distributions.has($0) }) {
                histograms[$0.rawValue].record(Nanoseconds($1))
            }
        }
        if exchange.firstToken != nil, distributions.has(DistributionMetric.icl) {
            if let gaps = exchange.pooledGaps { record(gaps) }
        }
        let counters = metrics.counters
        if counters.isEmpty { return }
        if counts.isEmpty { makeRoomForCounts() }
        counts.withUnsafeMutableBufferPointer { counts in
            CounterMetric.forEachCount(of: exchange, goodput) { counter, number in
                if counters.has(counter) { counts[counter.rawValue] &+= number }
            }
        }
        if exchange.promptTokens != 0 || exchange.replyTokens != 0 {
            let origin = exchange.tokenSource == .reported ? TokenOrigin.reported : .estimated
            tokenOrigin = tokenOrigin.joined(with: origin)
        }
    }

    /// Counts a conversation.
    mutating func record(_ conversation: borrowing ConversationRecord) {
        if histograms.count < metrics.histograms { makeRoom(for: metrics.histograms) }
        if counts.isEmpty { makeRoomForCounts() }
        DistributionMetric.forEachValue(of: conversation) { metric, value in
            if metrics.distributions.has(metric) {
                histograms[metric.rawValue].record(Nanoseconds(value))
            }
        }
        CounterMetric.forEachCount(of: conversation) { counter, number in
            if metrics.counters.has(counter) { counts[counter.rawValue] &+= number }
        }
    }

    /// Counts everything `other` has counted, of distributions those that are wanted. Both must have
    /// histograms of one layout.
    mutating func merge(
        _ other: borrowing Tally, where isWanted: (DistributionMetric?) -> Bool = { _ in true }
    ) {
        makeRoom(for: other.histograms.count)
        for index in other.histograms.indices where isWanted(DistributionMetric(rawValue: index)) {
            histograms[index].merge(other.histograms[index])
        }
        if counts.isEmpty, !other.counts.isEmpty { makeRoomForCounts() }
        for index in other.counts.indices { counts[index] &+= other.counts[index] }
        tokenOrigin = tokenOrigin.joined(with: other.tokenOrigin)
    }

    /// As much of it as the verdict rests on, in storage of its own: it is read elsewhere while this
    /// goes on counting, which would have to copy what both have.
    var judged: Tally {
        var part = self
        part.histograms = []
        part.counts = []
        part.tokenOrigin = .none
        part.merge(self) { metric in
            metric == .response || metric?.row.place == .verdict || metric == .scheduleLag
                || metric == .icl
        }
        return part
    }

    /// The same as a credential's: what is kept of each where there are many.
    var ofCredential: Tally {
        var part = Tally(.credential)
        part.histograms = [self[.response].coarse]
        part.counts = counts
        return part
    }

    /// Whether it counts a distribution.
    func has(_ metric: DistributionMetric) -> Bool { metrics.distributions.has(metric) }

    /// The distributions that it counts.
    var distributions: [DistributionMetric] { DistributionMetric.allCases.filter(has) }

    /// Counts nothing any more, but keeps the memory.
    mutating func clear() {
        for index in histograms.indices { histograms[index].clear() }
        counts = []
        tokenOrigin = .none
    }

    /// Counts a value, in millionths of the metric's unit.
    mutating func record(_ value: Int64, _ metric: DistributionMetric) {
        if histograms.count < metrics.histograms { makeRoom(for: metrics.histograms) }
        histograms[metric.rawValue].record(Nanoseconds(value))
    }

    /// Counts the gaps of a reply.
    mutating func record(_ gaps: borrowing PooledGaps) {
        if histograms.count < metrics.histograms { makeRoom(for: metrics.histograms) }
        histograms[DistributionMetric.icl.rawValue].record(gaps)
    }

    @inline(never)
    private mutating func makeRoom(for count: Int) {
        for metric in DistributionMetric.allCases where metric.rawValue >= histograms.count {
            if metric.rawValue >= count { return }
            histograms.append(Histogram(layout: metric.layout(beside: layout)))
        }
    }

    @inline(never)
    private mutating func makeRoomForCounts() {
        counts = Array(repeating: 0, count: CounterMetric.allCases.count)
    }
}

/// Figures of the exchanges and conversations of one part of a run.
struct PhaseTally: Sendable {
    /// By the step's number.
    private(set) var steps: [Tally] = []
    /// What is not counted by step.
    private(set) var others = Tally(.phase)
    private(set) var span = TimeSpan()
    /// The longest duration among the merged shards, which have clocks of their own.
    private var longestShard = Nanoseconds.zero

    /// From the first intended send to the last end; of several shards the longest.
    var duration: Nanoseconds { max(longestShard, span.length) }

    /// Counts an exchange; `goodput` says how it did if it ended a turn.
    mutating func add(_ exchange: borrowing Exchange, _ goodput: TurnJudgement) {
        let step = exchange.step.index
        if step >= steps.count { makeRoom(for: step) }
        guard step >= 0 else { preconditionFailure("BUG: an exchange without a step") }
        steps[step].record(exchange)
        others.record(exchange, goodput)
        span.add(from: exchange.intended, to: exchange.end)
    }

    mutating func add(_ conversation: borrowing ConversationRecord) { others.record(conversation) }

    /// Counts everything `other` has counted on the same time axis; `numbers` are ours of its steps.
    mutating func merge(_ other: PhaseTally, steps numbers: [Int]) {
        mergeCounts(of: other, steps: numbers)
        span.merge(other.span)
        longestShard = max(longestShard, other.longestShard)
    }

    /// Counts everything `other` has counted on a time axis of its own.
    mutating func merge(shard other: PhaseTally, steps numbers: [Int]) {
        mergeCounts(of: other, steps: numbers)
        longestShard = max(longestShard, other.duration)
    }

    /// Everything in one.
    var all: Tally { steps.reduce(into: others) { $0.merge($1) } }

    /// As much of them as the verdict rests on.
    var judged: PhaseTally {
        var part = PhaseTally()
        part.steps = steps.map(\.judged)
        part.others = others.judged
        return part
    }

    private mutating func mergeCounts(of other: PhaseTally, steps numbers: [Int]) {
        for (tally, step) in zip(other.steps, numbers) where tally[.exchanges] > 0 {
            if step >= steps.count { makeRoom(for: step) }
            steps[step].merge(tally)
        }
        others.merge(other.others)
    }

    private mutating func makeRoom(for step: Int) {
        while steps.count <= step { steps.append(Tally(.step)) }
    }
}

/// The stretch of time that something filled; empty as made.
struct TimeSpan: Sendable {
    private(set) var first = Nanoseconds.never
    private(set) var last = Nanoseconds(.min)

    var length: Nanoseconds { last < first ? .zero : last - first }

    mutating func add(from start: Nanoseconds, to end: Nanoseconds) {
        if start < first { first = start }
        if end > last { last = end }
    }

    mutating func merge(_ other: TimeSpan) {
        first = min(first, other.first)
        last = max(last, other.last)
    }
}

/// The names of a run's steps and their numbers, so that exchanges carry a small number.
///
/// Bounded: names come from scripts and logs. With at most `capacity` names every figure is
/// independent of order; later ones are all counted as `other`.
package struct StepTable: Sendable, Equatable {
    private var names: [String]
    private var numbers: [String: Int]
    private let capacity: Int

    /// The name that stands for all names beyond the capacity.
    package static let overflow = "other"

    /// A table in which `names` have the numbers 0, 1, 2 …, with room for `capacity` names in all.
    package init(names: [String] = [], capacity: Int = 1_000) {
        self.names = []
        self.numbers = [:]
        self.capacity = capacity
        for name in names { _ = id(for: name) }
    }

    /// The number of names.
    package var count: Int { names.count }

    /// The number of `name`, a new one when it has none yet.
    package mutating func id(for name: String) -> StepID {
        if let number = numbers[name] { return StepID(index: number) }
        let isFull = names.count >= capacity && name != Self.overflow
        if isFull { return id(for: Self.overflow) }
        numbers[name] = names.count
        names.append(name)
        return StepID(index: names.count - 1)
    }

    /// The name of a step; `other` for a number the table has not given out.
    package subscript(id: StepID) -> String {
        names.indices.contains(id.index) ? names[id.index] : Self.overflow
    }
}

/// Finds a name's number by the bytes of its cell, without making a text of them: open addressing
/// over their hash.
struct NameIndex: Sendable {
    /// The names and their numbers.
    private(set) var table: StepTable
    /// Whether names have come to the table since it was last taken.
    private(set) var isChanged = false
    /// At least twice as many places as entries, so that a search ends.
    private var places = [(cell: [UInt8], number: Int)?](repeating: nil, count: 4_096)
    private var count = 0

    /// An index of the names in a table, and of those to come.
    init(_ table: StepTable) { self.table = table }

    /// The number of the name in a cell, a new one when it has none yet.
    mutating func number(of cell: Span<UInt8>) -> Int {
        var hash = FNV1a()
        hash.add(words: cell)
        var place = Int(truncatingIfNeeded: hash.value >> 16) & (places.count - 1)
        while let entry = places[place] {
            if entry.cell.span.isEqual(to: cell) { return entry.number }
            place = (place + 1) & (places.count - 1)
        }
        let number = table.id(for: CSVText.text(ofCell: cell)).index
        isChanged = true
        if count < places.count / 2 {
            count += 1
            let bytes = cell.withUnsafeBufferPointer { Array($0) }
            places[place] = (bytes, number)
        }
        return number
    }

    /// The table, with all names so far.
    mutating func taken() -> StepTable {
        isChanged = false
        return table
    }
}
