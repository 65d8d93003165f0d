import Networking

extension ThinkTime {
    /// One think time; never negative.
    ///
    /// - Parameter characters: the length of the reply that the user reads meanwhile.
    func draw(from random: inout SeededRandom, reading characters: Int) -> Nanoseconds {
        switch self {
        case .fixed(let time): time
        case .uniform(let low, let high):
            low + Nanoseconds(seconds: random.unit() * (high - low).seconds)
        case .logNormal(let median, let sigma):
            Nanoseconds(seconds: random.logNormal(median: median.seconds, sigma: sigma))
        case .exponential(let mean): Nanoseconds(seconds: random.exponential(mean: mean.seconds))
        case .reading(let speed): Self.reading(characters, at: speed)
        }
    }
}
