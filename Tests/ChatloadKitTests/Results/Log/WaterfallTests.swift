import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct WaterfallTests {
    /// A log of conversations that begin every 20 ms, ten exchanges each, the 7th of every hundred
    /// ten times as slow; rows stand up to a second from where their ends would have them.
    static func log(conversations: Int) -> (rows: [UInt8], slowest: SlowestConversations) {
        var random = SeededRandom(seed: 3)
        var exchanges: [(order: Int64, exchange: Exchange)] = []
        var slowest = SlowestConversations()
        for ticket in 1...conversations {
            var at = Nanoseconds.milliseconds(Int64(ticket) * 20)
            var record = ConversationRecord()
            (record.iteration, record.script, record.started) = (ticket, "s,\"\(ticket % 3)", at)
            for turn in 1...10 {
                var exchange = Exchange()
                (exchange.iteration, exchange.script, exchange.turn) = (ticket, record.script, turn)
                (exchange.intended, exchange.sent) = (at, at + .milliseconds(1))
                exchange.connect = turn == 1 ? .microseconds(300) : nil
                at = at + .milliseconds(ticket % 100 == 7 ? 500 + Int64(ticket) : 50)
                exchange.end = at
                exchange.detail = turn == 3 ? "\"x\"\n1,0,1,s#7,1,say,t,,0,0,0,,,\(at.count)\n" : ""
                let order = at.count + Int64(random.next(upperBound: UInt64(1_000_000_000)))
                exchanges.append((order, exchange))
            }
            record.exchanges = 10
            record.ended = at
            slowest.add(record)
        }
        var rows = ByteBuffer()
        rows.append(ExchangeColumn.header)
        var encoder = RowEncoder(service: "tamako")
        for (_, exchange) in exchanges.sorted(by: { $0.order < $1.order }) {
            encoder.append(exchange, step: "say, \(exchange.turn)", to: &rows)
        }
        return (rows.bytes, slowest)
    }

    @Test func theExchangesOfTheSlowestAreFound() throws {
        let folder = try ScratchFolder()
        let (rows, slowest) = Self.log(conversations: 1_500)
        try Files.replace("\(folder.path)/exchanges.csv", with: rows)
        let waterfalls = Waterfall.all(of: slowest.entries, in: [folder.path])
        #expect(waterfalls.map(\.conversation) == slowest.entries)
        #expect(waterfalls.allSatisfy { $0.gap == nil && $0.exchanges.count == 10 })
        for waterfall in waterfalls {
            let turns = waterfall.exchanges.sorted { $0.end < $1.end }
            #expect(turns.map(\.turn) == Array(1...10))
            #expect(turns.first?.connecting == .microseconds(300))
            #expect(turns.map(\.step) == (1...10).map { "say, \($0)" })
            #expect(
                turns.last?.end.roundedSeconds == waterfall.conversation.start
                    + waterfall.conversation.duration / 1_000)
        }
    }

    @Test func onlyAsMuchIsReadAsAllowed() throws {
        let folder = try ScratchFolder()
        let (rows, slowest) = Self.log(conversations: 9_000)
        try Files.replace("\(folder.path)/exchanges.csv", with: rows)
        // The first chunk is always read; the slowest ones lie beyond it.
        let some = Waterfall.all(of: slowest.entries, in: [folder.path], budget: 9)
        #expect(some.allSatisfy { $0.gap == "the log is too long to be searched to its end" })
        let all = Waterfall.all(of: slowest.entries, in: [folder.path])
        #expect(rows.count > 9 << 20 && all.allSatisfy { $0.gap == nil })
    }

    @Test func whatIsMissingIsSaid() throws {
        let folder = try ScratchFolder()
        let (rows, slowest) = Self.log(conversations: 20)
        let gaps = { Waterfall.all(of: slowest.entries, in: [folder.path]).map(\.gap) }
        #expect(gaps().allSatisfy { $0 == "there is no log of the exchanges" })
        try Files.replace("\(folder.path)/exchanges.csv", with: Array("a,b\n1,2\n".utf8))
        #expect(gaps().allSatisfy { $0 == "the log cannot be read" })
        try Files.replace("\(folder.path)/exchanges.csv", with: ExchangeColumn.header)
        #expect(gaps().allSatisfy { $0 == "the log holds 0 of its 10 exchanges" })
        try Files.replace("\(folder.path)/exchanges.csv", with: Array(rows.dropLast(2_000)))
        #expect(gaps().contains(nil) && gaps().contains { $0?.hasPrefix("the log holds ") == true })
    }

    @Test func anyBytesAreSearched() throws {
        let folder = try ScratchFolder()
        let (rows, slowest) = Self.log(conversations: 120)
        var random = SeededRandom(seed: 11)
        let noise = Array("\",\n#0-".utf8)
        for _ in 0..<20 {
            var bytes = rows
            for _ in 0..<50 {
                let place = Int(random.next(upperBound: UInt64(bytes.count)))
                bytes[place] = noise[Int(random.next(upperBound: UInt64(noise.count)))]
            }
            try Files.replace("\(folder.path)/exchanges.csv", with: bytes)
            let waterfalls = Waterfall.all(of: slowest.entries, in: [folder.path])
            #expect(waterfalls.count == slowest.entries.count)
            #expect(waterfalls.allSatisfy { $0.exchanges.count <= 11 })
        }
    }
}
