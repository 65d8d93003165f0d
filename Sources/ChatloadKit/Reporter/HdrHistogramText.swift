import Glibc

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
            let above = line.share < 1 ? number(1 / (1 - line.share), 14, places: 2) : ""
            text += number(line.value, 12, places: 3) + number(line.share, 15, places: 12)
            text +=
                TextLayout.right("\(line.count)", 11) + (above.isEmpty ? "" : " " + above) + "\n"
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

    private struct Line {
        /// In milliseconds: no value counted is greater.
        var value: Double
        var share: Double
        /// The values counted.
        var count: UInt64
    }

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
                lines.append(Line(value: value, share: level / 100, count: count))
                let halvings = (log2(100 / (100 - level)) + 1).rounded(.down)
                level += 100 / (ticks * exp2(halvings))
                if count == total { break }
            }
        }
        return lines + [Line(value: Distribution.milliseconds(max), share: 1, count: total)]
    }

    private static func number(_ value: Double, _ columns: Int, places: Int) -> String {
        TextLayout.right(Figures.plain(value, places: places), columns)
    }
}
