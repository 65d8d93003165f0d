import Networking

extension IntervalLog {
    /// What ended in a stretch of time, by metric.
    struct Piece: Sendable {
        /// In seconds since the run's start; a multiple of the length.
        var start: Int64
        /// In seconds, a power of two.
        var length: Int64 = 1
        private(set) var response = HdrPayload()
        private(set) var service = HdrPayload()
        private(set) var reply = HdrPayload()

        init(start: Int64, length: Int64) {
            self.start = start
            self.length = length
        }

        /// What `interval` has counted.
        init(_ interval: borrowing OpenInterval) {
            start = interval.start
            length = interval.end - interval.start
            response = HdrPayload(interval.response)
            service = HdrPayload(interval.service)
            reply = HdrPayload(interval.reply)
        }

        /// The latencies of one second, sorted.
        init(_ values: ArraySlice<LateValue>, second: Int64) {
            func payload(_ metric: Metric) -> HdrPayload {
                HdrPayload(ascending: values.lazy.filter { $0.metric == metric }.map(\.slot))
            }
            start = second
            response = payload(.response)
            service = payload(.service)
            reply = payload(.reply)
        }

        /// Sets everything that was counted.
        mutating func fill(_ response: HdrPayload, _ service: HdrPayload, _ reply: HdrPayload) {
            (self.response, self.service, self.reply) = (response, service, reply)
        }

        subscript(metric: Metric) -> HdrPayload {
            switch metric {
            case .response: response
            case .service: service
            case .reply: reply
            }
        }

        mutating func merge(_ other: borrowing Piece) {
            response = HdrPayload(sumOf: response, other.response)
            service = HdrPayload(sumOf: service, other.service)
            reply = HdrPayload(sumOf: reply, other.reply)
        }
    }

    /// A latency in a second gone by, packed into one number: sorted by second, metric and slot.
    struct LateValue: Comparable, Sendable {
        private let code: UInt64

        init(_ time: Nanoseconds, _ metric: Metric, second: Int64) {
            let slot = UInt64(OpenInterval.slot(of: time))
            code = UInt64(second) << 18 | metric.rawValue << 16 | slot
        }

        var second: Int64 { Int64(code >> 18) }
        var metric: Metric? { Metric(rawValue: code >> 16 & 3) }
        var slot: Int { Int(code & 0xFFFF) }

        static func < (left: LateValue, right: LateValue) -> Bool { left.code < right.code }
    }

    /// An interval that is still being counted in.
    struct OpenInterval: Sendable {
        /// When it begins and ends, in seconds.
        private(set) var start: Int64 = 0
        private(set) var end: Int64 = 0
        /// When it begins and ends, in nanoseconds.
        private(set) var span: Range<Int64> = 0..<0
        private(set) var isEmpty = true
        private(set) var response: [UInt32] = []
        private(set) var service: [UInt32] = []
        private(set) var reply: [UInt32] = []

        /// Nothing, in another interval, both in seconds; memory kept.
        mutating func begin(_ start: Int64, length: Int64) {
            (self.start, end) = (start, start + length)
            // The first one also has what ended before the run's start by a hair.
            let lower = start == 0 ? Int64.min : start * 1_000_000_000
            let upper = end > lastSecond ? Int64.max : end * 1_000_000_000
            span = lower..<upper
            isEmpty = true
            response.removeAll(keepingCapacity: true)
            service.removeAll(keepingCapacity: true)
            reply.removeAll(keepingCapacity: true)
        }

        mutating func add(_ exchange: borrowing Exchange) {
            isEmpty = false
            Self.count(exchange.responseTime, in: &response)
            if let sent = exchange.sent { Self.count(exchange.end - sent, in: &service) }
            if let time = exchange.reply { Self.count(time, in: &reply) }
        }

        static func slot(of time: Nanoseconds) -> Int {
            let value = UInt64(clamping: time.count)
            return HistogramLayout.fine.slot(of: min(value, HistogramLayout.highest))
        }

        private static func count(_ time: Nanoseconds, in slots: inout [UInt32]) {
            let slot = slot(of: time)
            if slot >= slots.count { grow(&slots, toHold: slot) }
            slots[slot] &+= 1
        }

        private static func grow(_ slots: inout [UInt32], toHold slot: Int) {
            let size = HistogramLayout.fine.size(toHold: slot)
            slots += [UInt32](repeating: 0, count: size - slots.count)
        }
    }
}
