import Networking

/// The families of random numbers that a run draws from its seed.
enum RandomStream: UInt64 {
    case think = 0x7468_696E_6B
    case backoff = 0x6261_636B_6F66_66
}

extension ThinkTime {
    /// One think time; never negative.
    func draw(from random: inout SeededRandom) -> Nanoseconds {
        switch self {
        case .fixed(let time): time
        case .uniform(let low, let high):
            low + Nanoseconds(seconds: random.unit() * (high - low).seconds)
        case .logNormal(let median, let sigma):
            Nanoseconds(seconds: random.logNormal(median: median.seconds, sigma: sigma))
        case .exponential(let mean): Nanoseconds(seconds: random.exponential(mean: mean.seconds))
        }
    }
}
