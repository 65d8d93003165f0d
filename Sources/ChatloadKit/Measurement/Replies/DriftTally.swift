/// How far the replies are from the recorded ones, counted reply by reply; two tallies add up to
/// what one would have counted.
struct DriftTally: Sendable, Equatable {
    /// The replies shown, those that changed most.
    static let mostShown = 10
    /// The characters of a text that are shown.
    private static let mostCharacters = 120
    /// Distances are counted to 1/10,000.
    private static let scale = 10_000

    private var exact = 0
    private var equalAfterFolding = 0
    private var changed = 0
    private var missing = 0
    private var cut = 0
    /// The sum of the distances, in steps of the scale.
    private var sum = 0
    /// Replies by distance, in steps of the scale; empty before the first.
    private var counts: [Int] = []
    private var mostChanged: [DriftExample] = []

    /// Counts a recorded reply that has no live one: its turn failed, or was never taken.
    mutating func addMissing() { missing += 1 }

    /// Compares and counts a reply; `turn` counts from 1.
    mutating func add(recorded: String, live: String, conversation: String, turn: Int) {
        let comparison = ReplyComparison(recorded: recorded, live: live)
        switch comparison.likeness {
        case .exact: exact += 1
        case .equalAfterFolding: equalAfterFolding += 1
        case .changed: changed += 1
        }
        if comparison.isCut { cut += 1 }
        let step = Int((min(comparison.distance, 1) * Double(Self.scale)).rounded())
        if counts.isEmpty { counts = [Int](repeating: 0, count: Self.scale + 1) }
        counts[step] += 1
        sum += step
        guard comparison.likeness == .changed else { return }
        let distance = Double(step) / Double(Self.scale)
        if mostChanged.count == Self.mostShown, let least = mostChanged.last,
            distance < least.distance
        {
            return
        }
        keep(
            DriftExample(
                conversation: conversation, turn: turn, distance: distance,
                recorded: Self.shortened(recorded), live: Self.shortened(live)))
    }

    /// Counts everything that `other` has counted.
    mutating func merge(_ other: DriftTally) {
        exact += other.exact
        equalAfterFolding += other.equalAfterFolding
        changed += other.changed
        missing += other.missing
        cut += other.cut
        sum += other.sum
        if counts.isEmpty {
            counts = other.counts
        } else {
            for (step, count) in other.counts.enumerated() { counts[step] += count }
        }
        for example in other.mostChanged { keep(example) }
    }

    /// The figures of everything counted so far.
    var figures: DriftFigures {
        let compared = exact + equalAfterFolding + changed
        var figures = DriftFigures()
        figures.compared = compared
        figures.exact = exact
        figures.equalAfterFolding = equalAfterFolding
        figures.changed = changed
        figures.missing = missing
        figures.cut = cut
        figures.mostChanged = mostChanged
        guard compared > 0 else { return figures }
        let mean = Double(sum) / Double(compared)
        figures.meanDistance = mean.rounded() / Double(Self.scale)
        figures.medianDistance = Double(step(ofRank: (compared + 1) / 2)) / Double(Self.scale)
        return figures
    }

    private func step(ofRank rank: Int) -> Int {
        var below = 0
        for (step, count) in counts.enumerated() {
            below += count
            if below >= rank { return step }
        }
        return Self.scale
    }

    private mutating func keep(_ example: DriftExample) {
        let place = mostChanged.firstIndex { example.precedes($0) } ?? mostChanged.count
        mostChanged.insert(example, at: place)
        if mostChanged.count > Self.mostShown { mostChanged.removeLast() }
    }

    private static func shortened(_ text: String) -> String {
        let beginning = text.prefix(mostCharacters)
        return beginning.endIndex == text.endIndex ? text : beginning.dropLast() + "…"
    }
}
