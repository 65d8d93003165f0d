import Glibc

/// Where values lie along one side of a chart, and the marks that tell it.
struct Axis: Sendable, Equatable {
    struct Tick: Sendable, Equatable {
        /// From 0 to 1.
        var place: Double
        var label: String
        /// Left out where the page is narrow.
        var isMinor = false
    }

    enum Scale: Sendable, Equatable {
        case linear, logarithmic
    }

    let scale: Scale
    /// The values at both ends; the lower one is above 0 on a logarithmic scale.
    let low: Double
    let high: Double
    var ticks: [Tick] = []

    /// An axis from `low` to `high`, in which `labelled` values have marks.
    init(
        _ scale: Scale, from low: Double, to high: Double,
        labelled values: [(value: Double, label: String, isMinor: Bool)] = []
    ) {
        self.scale = scale
        self.low = low
        self.high = high
        ticks = values.filter { $0.value >= low && $0.value <= high }.map { value, label, isMinor in
            Tick(place: place(of: value), label: label, isMinor: isMinor)
        }
    }

    /// The place of a value, from 0 to 1; beyond the ends the end.
    func place(of value: Double) -> Double {
        let place =
            switch scale {
            case .linear: (value - low) / (high - low)
            case .logarithmic: log(max(value, low) / low) / log(high / low)
            }
        return place.isFinite ? min(max(place, 0), 1) : 0
    }
}

extension Axis {
    /// From 0 to a round number at or above `value`, with four to six marks, fewer where
    /// they would be closer than `step`.
    static func linear(
        upTo value: Double, step least: Double = 0, isRounded: Bool = true,
        label: (Double) -> String
    ) -> Axis {
        let value = value.isFinite ? value : 0
        let step = max(least, roundStep(max(value, 1e-9) / 5))
        let count = max(1, (value / step).rounded(.up))
        let values = (0...Int(count)).map { number in
            let value = Double(number) * step
            return (value: value, label: label(value), isMinor: false)
        }
        let end = isRounded ? count * step : max(value, step)
        return Axis(.linear, from: 0, to: end, labelled: values)
    }

    /// From 0 in milliseconds.
    static func duration(upTo milliseconds: Double) -> Axis {
        linear(upTo: milliseconds) { Figures.roundDuration($0) }
    }

    /// From 0 in milliseconds to `milliseconds` and no further.
    static func elapsed(upTo milliseconds: Double) -> Axis {
        linear(upTo: milliseconds, isRounded: false) { Figures.roundDuration($0) }
    }

    /// From 0 in numbers a second, or another mean of counts.
    static func rate(upTo value: Double) -> Axis {
        linear(upTo: value) { Figures.round($0) }
    }

    /// From 0 in counts, which have no fractions.
    static func count(upTo value: Double) -> Axis {
        linear(upTo: value, step: 1) { Figures.round($0) }
    }

    /// 1, 2 or 5 times a power of ten, at or above `value`.
    private static func roundStep(_ value: Double) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        let step = [1, 2, 5].first { $0 * power >= value * 0.999_999 } ?? 10
        return step * power
    }

    /// Milliseconds on a logarithmic scale, with marks at 1, 2 and 5 times the powers of ten, or
    /// those of the powers alone where there are more than `decades`.
    static func logarithmicDuration(
        from low: Double, to high: Double, upTo decades: Double = 3
    ) -> Axis {
        let low = max(low, 1e-6)
        let high = max(high, low * 1.000_1)
        var values: [(value: Double, label: String, isMinor: Bool)] = []
        for exponent in -6...9 {
            for step in [1, 2, 5] {
                let value = Double(step) * pow(10, Double(exponent))
                values.append((value, Figures.roundDuration(value), step != 1))
            }
        }
        let isWide = log10(high / low) > decades
        return Axis(
            .logarithmic, from: low, to: high, labelled: values.filter { !isWide || !$0.isMinor })
    }

    /// Milliseconds from 0; where a linear axis would lay the lower values on its floor a
    /// logarithmic one between powers of ten.
    static func duration(spanning values: [Double]) -> Axis {
        let positive = values.filter { $0 > 0 }
        guard let low = positive.min(), let high = positive.max(), high > low * 50 else {
            return duration(upTo: values.max() ?? 0)
        }
        return logarithmicDuration(
            from: pow(10, log10(low).rounded(.down)), to: pow(10, log10(high).rounded(.up)),
            upTo: 0)
    }

    /// Seconds since the run's start.
    static func time(upTo seconds: Double) -> Axis {
        let end = max(seconds, 1)
        let step = timeSteps.first { $0 * 8 >= end } ?? end / 8
        let values = (0...8).map { number in
            let value = Double(number) * step
            return (
                value: value, label: Figures.moment(value, outOf: end),
                isMinor: !number.isMultiple(of: 2)
            )
        }
        return Axis(.linear, from: 0, to: end, labelled: values)
    }

    private static let timeSteps: [Double] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
        86_400, 172_800, 604_800,
    ]

    /// Shares below 1 by 1 / (1 − share), logarithmically, as HdrHistogram's plots have them: every
    /// further nine takes as much room.
    static func percentile(upTo share: Double) -> Axis {
        let marks: [(Double, String, Bool)] = [
            (0, "0 %", false), (0.5, "50 %", false), (0.75, "75 %", true), (0.9, "90 %", false),
            (0.95, "95 %", true), (0.99, "99 %", false), (0.999, "99.9 %", false),
            (0.999_9, "99.99 %", false), (0.999_99, "99.999 %", false),
            (0.999_999, "99.9999 %", false),
        ]
        let values = marks.map { share, label, isMinor in
            (value: 1 / (1 - share), label: label, isMinor: isMinor)
        }
        let end = share < 1 ? 1 / (1 - share) : 1
        return Axis(.logarithmic, from: 1, to: max(end, 2), labelled: values)
    }
}
