import Base
import Networking

@testable import ChatloadKit

/// A recorded run as a chat service makes it: latencies that wander, seconds with more load that are
/// slower, and a stall now and then, so that neighbouring exchanges are alike.
struct SimulatedLog {
    /// What the service does.
    var median = 0.08
    var sigma = 0.5
    /// By how much, as a share, the whole level wanders within some two seconds.
    var wander = 0.03
    /// By how much the load of one second differs from that of the next, and latencies with it.
    var waves = 0.05
    /// How often all answers are held for half a second.
    var stallsPerMinute = 0.5
    var errorRate = 0.002
    /// What differs between the sides.
    var factor = 1.0
    var rate = 50.0
    /// Whether exchanges also say when they were sent, so that there is a service time.
    var isSent = false

    /// So many exchanges, everything following from the seed.
    func tally(of count: Int, seed: UInt64, steps: [String] = ["say"]) -> RunTally {
        var tally = RunTally(steps: StepTable(names: steps))
        for exchange in exchanges(count, seed: seed, steps: steps.count) { tally.add(exchange) }
        return tally
    }

    /// As a run that is called after its seed.
    func sample(of count: Int, seed: UInt64, steps: [String] = ["say"]) -> RunSample {
        RunSample(
            folder: "runs/\(seed)", run: RunDescription(name: "run-\(seed)"),
            tally: tally(of: count, seed: seed, steps: steps))
    }

    func exchanges(_ count: Int, seed: UInt64, steps: Int = 1) -> [Exchange] {
        var random = SeededRandom(seed: seed, stream: 77)
        var exchanges: [Exchange] = []
        var (time, level, wave, second) = (0.0, random.normal(), 0.0, -1)
        var stallEnd = 0.0
        for _ in 0..<count {
            if Int(time) != second {
                second = Int(time)
                wave = random.normal() * waves
                level = level * 0.6 + random.normal() * 0.8
                if random.unit() < stallsPerMinute / 60 { stallEnd = time + 0.5 }
            }
            let service = median * factor * (1 + wave + level * wander)
            var length = random.logNormal(median: max(service, 0.001), sigma: sigma)
            if time < stallEnd { length += stallEnd - time }
            var exchange = Exchange()
            exchange.step = StepID(index: Int(random.next(upperBound: UInt64(steps))))
            exchange.intended = Nanoseconds(seconds: time)
            if isSent { exchange.sent = exchange.intended + .microseconds(40) }
            exchange.end = Nanoseconds(seconds: time + length)
            if random.unit() < errorRate { exchange.outcome = .failed(.http5xx) }
            exchanges.append(exchange)
            time += random.exponential(mean: 1 / (rate * (1 + wave)))
        }
        return exchanges
    }
}

extension RunSample {
    /// What a log says that has been read already.
    init(folder: String, run: RunDescription, tally: RunTally) {
        self.init(folder: folder, summary: tally.aggregator.summary(of: run), tally: tally)
    }
}

/// The figures of one side, made once and compared many times.
struct SimulatedSide {
    let estimates: [ComparedFigure: Estimate]

    /// With fewer redraws than `compare` makes: the standard errors are then known to 7 %.
    init(_ runs: [RunTally], steps: [String] = [], stream: UInt64) {
        estimates =
            Side(
                runs, steps: steps, Side.Resampling(draws: 100, seed: 1, stream: stream)
            ).estimates
    }

    /// What a comparison says of this side as BASE and another as NEW.
    func verdict(against new: SimulatedSide, steps: [String] = []) -> Comparison.Verdict {
        var comparison = Comparison()
        comparison.figures = FigureDifference.all(
            estimates, new.estimates, steps: steps, comparison.settings)
        comparison.conclude()
        return comparison.verdict
    }
}
