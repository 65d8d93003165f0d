import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ReplayClockTests {
    private func clock(
        _ seconds: [Int64], _ pace: ReplayPace, _ order: PlayOrder? = nil
    ) -> ReplayClock {
        let times = seconds.map { Nanoseconds.seconds($0) }
        return ReplayClock(recorded: times, playing: order ?? .once(times.count), at: pace)
    }

    private func starts(_ clock: ReplayClock) -> [Int64] {
        (0..<clock.count).map { clock.start(at: $0).count / 1_000_000_000 }
    }

    private func conversations(_ clock: ReplayClock) -> [Int] {
        (0..<clock.count).map(clock.conversation)
    }

    @Test func startsAreInTheOrderOfTheirTimes() {
        let clock = clock([30, 10, 20, 10], ReplayPace(speed: 1))
        #expect(conversations(clock) == [1, 3, 2, 0])
        #expect(starts(clock) == [10, 10, 20, 30])
        #expect(clock.recordedSpan == .seconds(20) && clock.end == .seconds(30))
    }

    @Test func theSpeedDividesEveryOffset() {
        #expect(starts(clock([0, 10, 60], ReplayPace(speed: 2))) == [0, 5, 30])
        #expect(starts(clock([0, 10, 60], ReplayPace(speed: 0.5))) == [0, 20, 120])
    }

    @Test func offsetsDoNotAddUpErrors() {
        // A third of a nanosecond each: from start to start, errors would add up to all of it.
        let times = (0..<30_000).map { Nanoseconds(Int64($0)) }
        let clock = ReplayClock(
            recorded: times, playing: .once(times.count), at: ReplayPace(speed: 3))
        #expect(clock.end == Nanoseconds(10_000))
    }

    @Test func gapsAreCutOnThePlayedClock() {
        let pace = ReplayPace(speed: 2, maxGap: .seconds(5))
        #expect(starts(clock([100, 104, 204, 210, 211], pace)) == [5, 7, 12, 15, 15])
        #expect(clock([100, 104, 204], pace).recordedSpan == .seconds(104))
    }

    @Test func theFirstConversationsOnly() {
        let clock = clock([30, 10, 20, 5], ReplayPace(speed: 1), .once(3))
        #expect(conversations(clock) == [1, 2, 0])
    }

    @Test(arguments: [(nil, [0, 5, 45]), (.seconds(6), [0, 0, 3])] as [(Nanoseconds?, [Int64])])
    func whatIsLeftGoesOnWhereTheReplayStopped(maxGap: Nanoseconds?, expected: [Int64]) {
        let left = PlayOrder.remaining(ConversationSet(below: 5) { [0, 2, 4].contains($0) })
        let clock = ReplayClock(
            recorded: [30, 10, 20, 5, 70].map { .seconds($0) }, playing: left,
            at: ReplayPace(speed: 1, maxGap: maxGap), after: .seconds(25))
        #expect(conversations(clock) == [2, 0, 4] && starts(clock) == expected)
    }

    @Test func nothingIsLeft() {
        let left = PlayOrder.remaining(ConversationSet(below: 3) { _ in false })
        let clock = clock([1, 2, 3], ReplayPace(speed: 1), left)
        #expect(clock.count == 0 && clock.end == .zero && clock.recordedSpan == .zero)
    }

    @Test(
        arguments: [
            (ReplayPace(speed: 1), [0, 10, nil, 13]), (ReplayPace(speed: 0.5), [0, 20, nil, 26]),
            (ReplayPace(speed: 1, maxGap: .seconds(4)), [0, 4, nil, 7]),
            (ReplayPace(speed: 1, turns: .strict), [0, 10, nil, 13]),
            (ReplayPace(speed: 1, turns: .think), [nil, nil, nil, nil]),
        ] as [(ReplayPace, [Int64?])])
    func turnsHaveOffsets(pace: ReplayPace, expected: [Int64?]) {
        var turns = (0..<4).map { _ in Turn(.say("x")) }
        for (place, at) in [(0, 0), (1, 10), (3, 13)] { turns[place].at = .seconds(Int64(at)) }
        #expect(pace.offsets(of: turns) == expected.map { $0.map { Nanoseconds.seconds($0) } })
    }

    @Test func turnsNeverGoBack() {
        var turns = (0..<3).map { _ in Turn(.say("x")) }
        for (place, at) in [9, 4, 10].enumerated() { turns[place].at = .seconds(Int64(at)) }
        #expect(
            ReplayPace(speed: 1).offsets(of: turns) == [.seconds(9), .seconds(9), .seconds(10)])
    }
}
