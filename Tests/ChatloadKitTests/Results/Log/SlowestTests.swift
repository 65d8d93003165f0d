import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct SlowestTests {
    static func record(_ iteration: Int, seconds: Int64) -> ConversationRecord {
        var record = ConversationRecord()
        record.iteration = iteration
        record.started = .seconds(Int64(iteration))
        record.ended = record.started + .seconds(seconds)
        return record
    }

    @Test func theSlowestAreKeptInAnyOrder() {
        var random = SeededRandom(seed: 5)
        let records = (1...500).map { Self.record($0, seconds: Int64($0 % 97)) }
        var orders = [records, records.reversed(), records.shuffled(using: &random)]
        orders.append(records.shuffled(using: &random))
        let found = orders.map { order in
            var (left, right) = (SlowestConversations(), SlowestConversations())
            for (index, record) in order.enumerated() {
                if index.isMultiple(of: 3) { left.add(record) } else { right.add(record) }
            }
            left.merge(right)
            return left.entries
        }
        #expect(found.allSatisfy { $0 == found[0] })
        #expect(
            found[0].map(\.duration) == [96, 96, 96, 96, 96, 95, 95, 95, 95, 95].map { $0 * 1_000 })
        #expect(found[0].map(\.iteration).prefix(5) == [96, 193, 290, 387, 484])
    }

    @Test func thoseThatWereCutOffOrWarmUpAreNotAmongThem() {
        var slowest = SlowestConversations()
        var record = Self.record(1, seconds: 9)
        record.outcome = .aborted
        slowest.add(record)
        record.outcome = .failed
        record.phase = .warmup
        slowest.add(record)
        record.phase = .drain
        slowest.add(record)
        #expect(slowest.entries.map(\.outcome) == ["failed"])
    }

    @Test func runsPutTogetherAreToldApart() {
        var shards: [Aggregator] = []
        for seconds in [Int64(3), 5] {
            var shard = Aggregator(steps: StepTable())
            shard.add(Self.record(1, seconds: seconds))
            shards.append(shard)
        }
        var whole = Aggregator(steps: StepTable())
        for shard in shards { whole.merge(shard: shard) }
        let slowest = whole.summary(of: RunDescription(name: "r")).slowest
        #expect(slowest.map(\.run) == [2, 1])
    }
}
