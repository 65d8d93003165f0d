/// The latencies of the successes to three digits, of the whole run and interval by interval: what
/// the files of HdrHistogram are made of.
package struct LatencyLog: Sendable {
    var response = Histogram()
    var service = Histogram()
    var reply = Histogram()
    /// Ascending, all of one length, without empty ones.
    var intervals: [IntervalLog.Piece] = []

    /// Of nothing.
    package init() {}
}

extension Aggregator {
    /// The latencies of everything counted so far.
    package var latencyLog: LatencyLog {
        let all = merged.all
        var log = LatencyLog()
        (log.response, log.service, log.reply) = (all.response, all.service, all.reply)
        log.intervals = intervals.intervals
        return log
    }
}
