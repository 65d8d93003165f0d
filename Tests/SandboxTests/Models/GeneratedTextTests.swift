import Base
import Networking
import Testing

@testable import Sandbox

@Suite("What models say, and how much")
struct GeneratedTextTests {
    @Test(arguments: ["", "Hi", "12345678", "Grüße, €uro, 😀😀😀", "\"quoted\" \\ \n"])
    func aTokenIsFourCharacters(lead: String) throws {
        var buffer = ByteBuffer()
        buffer.append(lead)
        for count in [1, 3, 200] {
            var text = GeneratedText(lead: buffer, place: 7)
            var all = ByteBuffer()
            all.append(byte: UInt8(ascii: "\""))
            text.append(count, to: &all)
            all.append(byte: UInt8(ascii: "\""))
            var scanner = JSONScanner()
            guard case .string(let found) = try scanner.next(in: all.bytes.span) else {
                Issue.record("no string")
                return
            }
            let said = found.string(in: all.bytes.span)
            #expect(said.unicodeScalars.count == 4 * count)
            #expect(said.hasPrefix(lead.prefix(4 * count)) || lead.unicodeScalars.count > 4 * count)
        }
    }

    /// One after the other they say what they say together, from any place and beyond the filler's end.
    @Test(arguments: [0, 1, 90, .max, .min])
    func tokensFollowEachOther(place: Int) {
        var together = ByteBuffer()
        var one = GeneratedText(lead: ByteBuffer(), place: place)
        one.append(500, to: &together)
        var apart = ByteBuffer()
        var other = GeneratedText(lead: ByteBuffer(), place: place)
        for size in [1, 2, 97, 400] { other.append(size, to: &apart) }
        #expect(together == apart && together.count == 2_000)
    }

    @Test(arguments: [
        ("120", CountModel.fixed(120)), ("fixed:0", .fixed(0)), ("uniform:1,5", .uniform(1, 5)),
        ("lognormal:120,0.6", .logNormal(median: 120, sigma: 0.6)),
        ("exponential:7", .exponential(mean: 7)),
    ])
    func readsCounts(text: String, model: CountModel) {
        #expect(CountModel(parsing: text) == model)
        #expect(CountModel(parsing: model.description) == model)
    }

    @Test(arguments: [
        "", "-1", "1.5", "5ms", "10000001", "uniform:5,1", "lognormal:5", "lognormal:1,-1",
    ])
    func refusesWhatIsNoCount(text: String) {
        #expect(CountModel(parsing: text) == nil)
    }

    @Test func drawsStayInBounds() {
        var random = SeededRandom(seed: 9)
        var seen: Set<Int> = []
        for _ in 0..<2_000 {
            seen.insert(CountModel.uniform(1, 5).draw(using: &random))
            let long = CountModel.logNormal(median: 4_000, sigma: 3).draw(using: &random)
            #expect((0...Int.largestDraw).contains(long))
        }
        #expect(seen == [1, 2, 3, 4, 5])
    }

    @Test(arguments: [
        ("64:1.5ms", 64, Nanoseconds.microseconds(1_500)), ("0:0", 0, .zero),
        ("1:2s", 1, .seconds(2)),
    ])
    func readsBatches(text: String, size: Int, penalty: Nanoseconds) throws {
        let batch = try #require(Pacing.Batch(parsing: text))
        #expect(batch.size == size && batch.penalty == penalty)
        #expect(batch.delay(running: size) == .zero)
        #expect(batch.delay(running: size + 3) == penalty * 3)
    }

    @Test(arguments: ["", "64", "-1:2ms", "a:2ms", "64:x", "64:1ms:1"])
    func refusesWhatIsNoBatch(text: String) { #expect(Pacing.Batch(parsing: text) == nil) }
}
