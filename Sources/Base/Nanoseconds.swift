/// A span of time, or a point in time counted from a fixed origin, in nanoseconds.
///
/// Points come from one monotonic clock (`EventLoop.clock()`), never from the wall clock, so their
/// differences are immune to clock steps. Arithmetic saturates instead of trapping: durations come
/// from flags, files and servers.
@frozen
public struct Nanoseconds: Hashable, Comparable, Sendable {
    /// The number of nanoseconds; negative for a span that runs backwards.
    public var count: Int64

    /// Makes a span of `count` nanoseconds.
    @inlinable public init(_ count: Int64) { self.count = count }

    /// No time at all.
    @inlinable public static var zero: Nanoseconds { Nanoseconds(0) }

    /// Later than every point a run can reach (292 years).
    @inlinable public static var never: Nanoseconds { Nanoseconds(.max) }

    /// A whole number of microseconds.
    @inlinable public static func microseconds(_ count: Int64) -> Nanoseconds {
        Nanoseconds(count) * 1_000
    }

    /// A whole number of milliseconds.
    @inlinable public static func milliseconds(_ count: Int64) -> Nanoseconds {
        Nanoseconds(count) * 1_000_000
    }

    /// A whole number of seconds.
    @inlinable public static func seconds(_ count: Int64) -> Nanoseconds {
        Nanoseconds(count) * 1_000_000_000
    }

    /// A fractional number of seconds, rounded to the nanosecond; NaN counts as zero and what does
    /// not fit saturates.
    package init(seconds: Double) {
        let scaled = (seconds * 1e9).rounded()
        if scaled.isNaN {
            self.init(0)
        } else if scaled >= 9.2e18 {
            self.init(.max)
        } else if scaled <= -9.2e18 {
            self.init(.min)
        } else {
            self.init(Int64(scaled))
        }
    }

    /// The span in microseconds, to the nearest.
    package var roundedMicroseconds: Int64 { (self + Nanoseconds(500)).count / 1_000 }

    /// The span in seconds.
    @inlinable public var seconds: Double { Double(count) / 1e9 }

    /// The span in milliseconds.
    @inlinable public var milliseconds: Double { Double(count) / 1e6 }

    /// Whether the first is shorter, or earlier.
    @inlinable @inline(__always)
    public static func < (left: Nanoseconds, right: Nanoseconds) -> Bool {
        left.count < right.count
    }

    /// The sum, or the nearest representable value.
    @inlinable @inline(__always)
    public static func + (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        let (sum, overflow) = left.count.addingReportingOverflow(right.count)
        return Nanoseconds(overflow ? (right.count > 0 ? .max : .min) : sum)
    }

    /// The difference, or the nearest representable value.
    @inlinable @inline(__always)
    public static func - (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        let (difference, overflow) = left.count.subtractingReportingOverflow(right.count)
        return Nanoseconds(overflow ? (right.count > 0 ? .min : .max) : difference)
    }

    /// The multiple, or the nearest representable value.
    @inlinable public static func * (left: Nanoseconds, factor: Int64) -> Nanoseconds {
        let (product, overflow) = left.count.multipliedReportingOverflow(by: factor)
        return Nanoseconds(overflow ? ((left.count > 0) == (factor > 0) ? .max : .min) : product)
    }
}
