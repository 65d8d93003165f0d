import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What a run keeps of its time gone by out of memory.
@Suite struct HistoryTests {
    /// A run played by two workers that hand over what they have counted every now and then.
    private static func figures(
        _ run: SyntheticRun, _ stretch: Nanoseconds, through history: RunHistory?
    ) throws -> Aggregator {
        var workers = [run, run].map { run in
            Aggregator(
                steps: run.steps, credentials: SyntheticRun.credentials,
                objectives: SyntheticRun.objectives)
        }
        for (number, exchange) in run.exchanges.enumerated() {
            let later = Nanoseconds(Int64(number) * stretch.count)
            var exchange = exchange
            (exchange.intended, exchange.end) = (exchange.intended + later, exchange.end + later)
            exchange.sent = exchange.sent.map { $0 + later }
            exchange.firstByte = exchange.firstByte.map { $0 + later }
            workers[number % 2].add(exchange)
            if let history, number % 97 == 0 { history.add(workers[number % 2].takeHistory()) }
            if number % 500 == 0 { history?.drain() }
        }
        for conversation in run.conversations { workers[0].add(conversation) }
        var whole = workers[0]
        whole.merge(workers[1])
        try history?.restore(to: &whole)
        return whole
    }

    /// Whether there is a folder or not, in a minute and in an hour and a half.
    @Test(arguments: ["", "none/there"], [Nanoseconds.zero, .milliseconds(1_400)])
    func nothingIsLostOnTheWay(place: String, stretch: Nanoseconds) throws {
        let folder = try ScratchFolder()
        let run = SyntheticRun(seed: 4, count: 4_000)
        let (expected, found) = (
            try Self.figures(run, stretch, through: nil),
            try Self.figures(run, stretch, through: RunHistory(in: "\(folder.path)/\(place)"))
        )
        let description = RunDescription(name: "r")
        #expect(found.summary(of: description) == expected.summary(of: description))
        let (ours, theirs) = (found.latencyLog.intervals, expected.latencyLog.intervals)
        #expect(ours.map(\.start) == theirs.map(\.start))
        #expect(ours.map(\.length) == theirs.map(\.length))
        for metric in IntervalLog.Metric.allCases {
            #expect(ours.map { $0[metric].bytes } == theirs.map { $0[metric].bytes })
        }
        #expect(names(in: folder.path).filter { !$0.hasPrefix(".") }.isEmpty)
    }

    @Test func anyBytesAreRead() throws {
        var aggregator = SyntheticRun(seed: 5, count: 900).aggregator
        let bytes = aggregator.takeHistory().packed
        var random = SeededRandom(seed: 12)
        #expect(throws: Never.self) { try TimeHistory(unpacking: bytes) }
        for cut in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: PackingDamage.self) { try TimeHistory(unpacking: Array(bytes[..<cut])) }
        }
        for _ in 0..<400 {
            var damaged = bytes
            for _ in 0...random.next(upperBound: UInt64(3)) {
                let place = Int(random.next(upperBound: UInt64(bytes.count)))
                damaged[place] = UInt8(truncatingIfNeeded: random.next())
            }
            if let history = try? TimeHistory(unpacking: damaged) {
                var other = Aggregator(steps: StepTable())
                other.add(history)
                _ = other.summary(of: RunDescription(name: "r"))
            }
        }
    }
}
