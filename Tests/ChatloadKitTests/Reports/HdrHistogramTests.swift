import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct HdrHistogramTests {
    static let small = SyntheticRun(seed: 7, count: 400)

    @Test func formatsAreAsRecorded() {
        let latencies = Self.small.aggregator.latencyLog
        let text = HdrHistogramText.text(latencies.tally[.response])
        #expect(Golden.difference(text, from: "reports/latency.hgrm") == nil)
        #expect(
            Golden.difference(
                HdrHistogramText.text(Histogram()), from: "reports/latency-empty.hgrm") == nil)
        let log = HdrHistogramLog.text(latencies, of: Summary(run: Self.small.description))
        #expect(Golden.difference(log, from: "reports/latency.hlog") == nil)
    }

    @Test func partialFilesSaySo() {
        var summary = Summary(run: Self.small.description)
        summary.isPartial = true
        summary.notes = [RunReader.partialNote, "interrupted"]
        let log = HdrHistogramLog.text(LatencyLog(), of: summary)
        let text = String(
            decoding: HdrHistogramText.bytes(Histogram(), partialNote: summary.partialNote),
            as: UTF8.self)
        for file in [log, text] {
            let lines = file.split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("#[partial: ") && $0.hasSuffix("]") } == 1)
        }
    }

    /// The log, taken apart after the letter of the format, holds the histograms of the run.
    @Test func theLogHoldsEveryLatency() throws {
        let aggregator = Self.small.aggregator
        let latencies = aggregator.latencyLog
        let lines = HdrHistogramLog.text(latencies, of: Summary(run: Self.small.description))
            .split(separator: "\n").drop { !$0.hasPrefix("Tag=") }
        var sums: [Substring: [UInt64]] = [:]
        for line in lines {
            let cells = line.split(separator: ",")
            #expect(cells.count == 5 && cells[2] == "1.000")
            let counts = try Self.counts(of: String(cells[4]))
            var sum = sums[cells[0]] ?? []
            while sum.count < counts.count { sum.append(0) }
            for slot in counts.indices { sum[slot] += counts[slot] }
            sums[cells[0]] = sum
        }
        for (tag, histogram) in [
            ("Tag=response", latencies.tally[.response]),
            ("Tag=service", latencies.tally[.service]),
            ("Tag=reply", latencies.tally[.reply]),
        ] {
            let last = histogram.slots.lastIndex { $0 > 0 }.map { $0 + 1 } ?? 0
            #expect(sums[Substring(tag)] == Array(histogram.slots.prefix(last)))
        }
    }

    /// Decodes a V2 compressed histogram, without anything that encoded it.
    static func counts(of text: String) throws -> [UInt64] {
        let frame = [UInt8](try #require(Data(base64Encoded: text)))
        #expect(frame.prefix(4) == [0x1C, 0x84, 0x93, 0x14])
        #expect(number(frame[4..<8]) == UInt64(frame.count - 8))
        let bytes = try inflated(Array(frame[8...]))
        #expect(bytes.prefix(4) == [0x1C, 0x84, 0x93, 0x13])
        #expect(number(bytes[4..<8]) == UInt64(bytes.count - 40))
        #expect(number(bytes[8..<12]) == 0 && number(bytes[12..<16]) == 3)
        #expect(number(bytes[16..<24]) == 1 && number(bytes[24..<32]) == (1 << 47) - 1)
        #expect(Double(bitPattern: number(bytes[32..<40])) == 1)
        var counts: [UInt64] = []
        var rest = bytes[40...]
        while !rest.isEmpty {
            var code: UInt64 = 0
            var shift: UInt64 = 0
            repeat {
                let next = rest.popFirst()
                let byte = try #require(next)
                code += UInt64(byte % 128) << shift
                shift += 7
                if byte < 128 { break }
            } while true
            if code % 2 == 0 {
                counts.append(code / 2)
            } else {
                counts += [UInt64](repeating: 0, count: Int(code / 2 + 1))
            }
        }
        return counts
    }

    /// Reads a zlib stream of stored blocks.
    static func inflated(_ stream: [UInt8]) throws -> [UInt8] {
        #expect(stream[0] & 0x0F == 8 && (Int(stream[0]) * 256 + Int(stream[1])) % 31 == 0)
        var rest = stream[2...]
        var bytes: [UInt8] = []
        var isLast = false
        while !isLast {
            let head = Array(rest.prefix(5))
            try #require(head.count == 5 && head[0] <= 1)
            isLast = head[0] == 1
            let length = Int(head[1]) + Int(head[2]) * 256
            #expect(Int(head[3]) + Int(head[4]) * 256 == 65_535 - length)
            bytes += rest.dropFirst(5).prefix(length)
            rest = rest.dropFirst(5 + length)
        }
        var (low, high) = (1, 0)
        for byte in bytes {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        #expect(number(rest) == UInt64(high * 65_536 + low))
        return bytes
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 * 256 + UInt64($1) }
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 200_000])
    func streamsAreInflated(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(try Self.inflated(ZlibStream.stored(bytes)) == bytes)
    }

    @Test func theChecksumIsAdlers() {
        #expect(ZlibStream.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
    }

    /// Each line of the plotter's form is true of the histogram, and the last is its end.
    @Test func percentilesAscend() throws {
        var random = SeededRandom(seed: 5)
        for count in [1, 2, 10, 1_000] {
            var histogram = Histogram()
            for _ in 0..<count {
                histogram.record(Nanoseconds(seconds: random.logNormal(median: 0.05, sigma: 1)))
            }
            let lines = HdrHistogramText.text(histogram).split(separator: "\n").dropFirst()
                .filter { !$0.hasPrefix("#") }
                .map { $0.split(separator: " ").compactMap { Double($0) } }
            #expect(lines.count >= 2 && lines.allSatisfy { $0.count >= 3 })
            for (before, line) in zip(lines, lines.dropFirst()) {
                #expect(line[0] >= before[0] && line[1] > before[1] && line[2] >= before[2])
            }
            #expect(lines.allSatisfy { $0[2] >= $0[1] * Double(count) - 1e-6 })
            let last = try #require(lines.last)
            #expect(last[1] == 1 && last[2] == Double(count))
            #expect(last[0] == histogram.max.map(Distribution.milliseconds))
        }
    }
}
