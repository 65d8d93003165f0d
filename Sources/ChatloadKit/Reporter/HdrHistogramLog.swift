import FoundationEssentials
import Networking

/// `latency.hlog`: the latencies by interval as HdrHistogram's log readers take them (format 1.3),
/// each line a histogram of its own in the V2 compressed encoding, tagged with the latency's name.
enum HdrHistogramLog {
    /// `HistogramLogWriter`'s cookie of V2 with counts of at least one byte, and of its compression.
    private static let cookie: UInt32 = 0x1C84_9303 | 0x10
    private static let compressedCookie: UInt32 = 0x1C84_9304 | 0x10

    static func text(_ latencies: LatencyLog, of summary: Summary) -> String {
        let run = summary.run
        let milliseconds = WallClock.milliseconds(of: run.started) ?? 0
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
            for metric in IntervalLog.Metric.allCases {
                let payload = interval[metric]
                guard let last = payload.entries.max(by: { $0.slot < $1.slot }) else { continue }
                let greatest = HistogramLayout.fine.values(of: last.slot).upperBound
                let max = Figures.plain(Double(greatest) / 1e6, places: 6)
                text +=
                    "Tag=\(metric),\(interval.start).000,\(interval.length).000,\(max),"
                text += encoded(payload) + "\n"
            }
        }
        return text
    }

    /// A payload with its header, compressed, with the header of that, in base 64.
    static func encoded(_ payload: HdrPayload) -> String {
        let payload = payload.bytes
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
