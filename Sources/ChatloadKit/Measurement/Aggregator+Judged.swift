extension Aggregator {
    /// As much of the figures as the verdict rests on.
    var judged: Aggregator {
        var part = Aggregator(steps: steps)
        part.steady = steady.judged
        part.edges = edges.judged
        part.exhaustion = exhaustion
        part.generator = generator
        return part
    }

    /// Our numbers of the steps of another, which get one where they have none yet.
    mutating func numbers(ofStepsOf other: Aggregator) -> [Int] {
        (0..<other.steps.count).map { steps.id(for: other.steps[StepID(index: $0)]).index }
    }
}
