import Base
import FoundationEssentials
import Glibc
import Networking

/// `latency.hgrm`: a histogram's percentiles in the text form that HdrHistogram's plotter and wrk2
/// have (`AbstractHistogram.outputPercentileDistribution`), in milliseconds.
enum HdrHistogramText {
    /// The lines in every halving of the rest.
    private static let ticks = 5.0

    static func bytes(_ histogram: Histogram, partialNote note: String?) -> [UInt8] {
        Array((text(histogram) + (note.map { "#[\(TextLayout.visible($0))]\n" } ?? "")).utf8)
    }

    static func text(_ histogram: Histogram) -> String {
        var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        for line in lines(of: histogram) {
            text += number(line.value, 12, places: 3) + number(line.share, 15, places: 12)
            text += TextLayout.right("\(line.count)", 11)
            if line.share < 1 { text += " " + number(1 / (1 - line.share), 14, places: 2) }
            text += "\n"
        }
        let figures = Distribution(histogram)
        text += "#[Mean    =" + number(figures.mean ?? 0, 13, places: 3)
        text += ", StdDeviation   =" + number(figures.stddev ?? 0, 13, places: 3) + "]\n"
        text += "#[Max     =" + number(figures.max ?? 0, 13, places: 3)
        text += ", Total count    =" + TextLayout.right("\(histogram.count)", 13) + "]\n"
        let buckets = HistogramLayout.highest.bitWidth - HistogramLayout.highest.leadingZeroBitCount
        text += "#[Buckets =" + TextLayout.right("\(buckets - histogram.layout.bits + 1)", 13)
        text += ", SubBuckets     =" + TextLayout.right("\(1 << histogram.layout.bits)", 13) + "]\n"
        return text
    }

    /// No value counted is greater, in milliseconds; the values counted, and their share.
    private typealias Line = (value: Double, share: Double, count: UInt64)

    /// For each level the first slot by which so many values are counted, up to the level that it
    /// takes the last slot to reach, and then the end.
    private static func lines(of histogram: Histogram) -> [Line] {
        guard let max = histogram.max else { return [] }
        var lines: [Line] = []
        let total = UInt64(histogram.count)
        var (count, level): (UInt64, Double) = (0, 0)
        for slot in histogram.slots.indices where histogram.slots[slot] > 0 {
            count += histogram.slots[slot]
            let value = Distribution.milliseconds(histogram.value(ofSlot: slot))
            while 100 * Double(count) / Double(total) >= level {
                lines.append((value, level / 100, count))
                let halvings = (log2(100 / (100 - level)) + 1).rounded(.down)
                level += 100 / (ticks * exp2(halvings))
                if count == total { break }
            }
        }
        return lines + [(Distribution.milliseconds(max), 1, total)]
    }

    private static func number(_ value: Double, _ columns: Int, places: Int) -> String {
        TextLayout.right(Figures.plain(value, places: places), columns)
    }
}

/// `latency.hlog`: the latencies by interval as HdrHistogram's log readers take them (format 1.3),
/// each line a histogram of its own in the V2 compressed encoding, tagged with the latency's name.
enum HdrHistogramLog {
    /// `HistogramLogWriter`'s cookie of V2 with counts of at least one byte, and of its compression.
    private static let cookie: UInt32 = 0x1C84_9303 | 0x10
    private static let compressedCookie: UInt32 = 0x1C84_9304 | 0x10

    static func text(_ latencies: LatencyLog, of summary: Summary) -> String {
        let run = summary.run
        let milliseconds = (UTCTime.parse(run.started) ?? .zero).count / 1_000_000
        let start = Figures.plain(Double(milliseconds) / 1_000, places: 3)
        let stamp = run.started.isEmpty ? "unknown" : run.started
        var text = "#[Response, service and reply time of \(TextLayout.visible(run.name))]\n"
        text += "#[Histogram log format version 1.3]\n"
        if let note = summary.partialNote { text += "#[\(TextLayout.visible(note))]\n" }
        text += "#[StartTime: \(start) (seconds since epoch), \(stamp)]\n"
        text += "#[BaseTime: \(start) (seconds since epoch)]\n"
        text += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
        text += "\"Interval_Compressed_Histogram\"\n"
        for interval in latencies.intervals {
            let place = "\(interval.start / 10).000,\(interval.length / 10).000"
            for (metric, histogram) in zip(LatencySeries.metrics, interval.times)
            where histogram.sums.count > 0 {
                let histogram = histogram.fine
                let last = histogram.layout.slot(of: histogram.sums.greatest)
                let greatest = histogram.layout.values(of: last).upperBound
                let max = Figures.plain(Double(greatest) / 1e6, places: 6)
                text += "Tag=\(metric.row.name),\(place),\(max),\(encoded(histogram.payload))\n"
            }
        }
        return text
    }

    /// A payload with its header, compressed, with the header of that, in base 64.
    static func encoded(_ payload: [UInt8]) -> String {
        var bytes = bigEndian(cookie) + bigEndian(UInt32(payload.count))
        // No normalizing offset; three significant digits.
        bytes += bigEndian(UInt32(0)) + bigEndian(UInt32(3))
        bytes += bigEndian(UInt64(1)) + bigEndian(HistogramLayout.highest)
        bytes += bigEndian(1.0.bitPattern) + payload
        let stream = ZlibStream.stored(bytes)
        let frame = bigEndian(compressedCookie) + bigEndian(UInt32(stream.count)) + stream
        return Data(frame).base64EncodedString()
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}

/// Bytes as a zlib stream (RFC 1950) whose deflate blocks are stored (RFC 1951 §3.2.4): any reader
/// inflates it, and what is packed already would not get much smaller.
enum ZlibStream {
    private static let blockLimit = 65_535

    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        // A window of 32 KB, the fastest level; together a multiple of 31.
        var stream: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(blockLimit)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            stream.append(rest.isEmpty ? 1 : 0)
            for number in [length, ~length] {
                stream += [UInt8(number & 0xFF), UInt8(number >> 8)]
            }
            stream += block
        } while !rest.isEmpty
        let sum = adler32(bytes)
        return stream + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
    }

    /// The checksum of RFC 1950 §9.
    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}
