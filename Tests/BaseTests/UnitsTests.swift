import Base
import Testing

@Suite struct UnitsTests {
    @Test(arguments: [
        ("500ms", 500_000_000), ("30s", 30_000_000_000), ("5m", 300_000_000_000),
        ("1h30m", 5_400_000_000_000), ("1.5s", 1_500_000_000), ("250us", 250_000),
        ("250µs", 250_000), ("10ns", 10), ("0", 0), ("2", 2_000_000_000), (".5", 500_000_000),
        ("0.0000000015", 2), ("1h 02m", 3_720_000_000_000), ("50.3 ms", 50_300_000),
        ("9223372036854775807ns", Int64.max), ("1m0.5s", 60_500_000_000),
    ])
    func `durations that are read`(text: String, count: Int64) {
        #expect(Units.parseDuration(text) == Nanoseconds(count))
    }

    @Test(arguments: [
        "", " ", "-1s", "+1s", "s", "1x", "1 ", "1s1m", "1s1s", "1.s", "1e3", "inf", "nan", "0x10s",
        "9223372036854775808ns", "99999999999999999999h", "9223372037", "1s ", "1  s", "١s", "1s\0",
    ])
    func `durations that are refused`(text: String) {
        #expect(Units.parseDuration(text) == nil)
    }

    @Test(arguments: [
        ("50", 50), ("50/s", 50), ("300/m", 5), ("36/h", 0.01), ("100/10s", 10), ("0", 0),
        ("0.5/s", 0.5), ("5 / s", 5),
    ])
    func `rates that are read`(text: String, perSecond: Double) throws {
        let rate = try #require(Units.parseRate(text))
        #expect(abs(rate - perSecond) < 1e-12)
    }

    @Test(arguments: ["", "/s", "5/", "5/0s", "5/x", "-5", "inf", "nan", "1e9", "5/s/s"])
    func `rates that are refused`(text: String) {
        #expect(Units.parseRate(text) == nil)
    }

    @Test(arguments: [
        (0, "0 s"), (1, "1 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (812_000, "812 µs"),
        (999_499, "999 µs"), (999_500, "1.00 ms"), (50_300_000, "50.3 ms"), (9_995_000, "10.0 ms"),
        (1_200_000_000, "1.20 s"), (59_940_000_000, "59.9 s"), (59_960_000_000, "1m 00s"),
        (125_000_000_000, "2m 05s"), (3_599_600_000_000, "1h 00m"), (11_220_000_000_000, "3h 07m"),
        (-5_000_000, "-5.00 ms"),
    ])
    func `durations in print`(count: Int64, text: String) {
        #expect(Units.format(Nanoseconds(count)) == text)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234"),
    ])
    func `counts in print`(count: Int, text: String) {
        #expect(Figures.count(count) == text)
    }

    @Test(arguments: [
        (0, "0 B"), (512, "512 B"), (4_190_000, "4.19 MB"), (999_600, "1.00 MB"),
        (Int.max, "9,223,372 TB"), (-2_000, "-2.00 KB"),
    ])
    func `sizes in print`(bytes: Int, text: String) {
        #expect(Figures.bytes(bytes) == text)
    }

    @Test(arguments: [
        (0, "0.00/s"), (0.5, "0.50/s"), (12.34, "12.3/s"), (1234.6, "1,235/s"), (999.97, "1,000/s"),
        (.nan, "–"), (.infinity, "–"), (-1, "–"),
    ])
    func `rates in print`(rate: Double, text: String) {
        #expect(Figures.rate(rate) == text)
    }

    @Test func `what is printed is read back`() throws {
        var random = SeededRandom(seed: 20)
        for _ in 0..<20_000 {
            let value = Int64(random.next() >> UInt64.random(in: 1...63, using: &random))
            let span = Nanoseconds(value)
            #expect(Units.parseDuration(Units.exact(span)) == span)
            let shown = try #require(Units.parseDuration(Units.format(span)))
            #expect(abs(shown.seconds - span.seconds) <= 0.0086 * span.seconds)
            let count = plain(Figures.count(Int(value)))
            #expect(Int(count) == Int(value))
        }
    }

    @Test func `any text is read or refused, never a crash`() {
        var random = SeededRandom(seed: 21)
        let alphabet = Array("0123456789..smhunµKMGTiB/ -+e١")
        for _ in 0..<50_000 {
            let length = Int.random(in: 0...24, using: &random)
            let text = String(
                (0..<length).compactMap { _ in alphabet.randomElement(using: &random) })
            #expect((Units.parseDuration(text)?.count ?? 0) >= 0)
            #expect((Units.parseRate(text) ?? 0) >= 0)
            #expect((Units.parseNumber(text) ?? 0) >= 0)
        }
    }

    private func plain(_ text: String) -> String { text.filter { $0 != "," } }
}
