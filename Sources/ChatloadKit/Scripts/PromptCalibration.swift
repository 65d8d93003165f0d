import Base
import Synchronization

/// Prompt calibration: how many bytes of a made prompt a service counts as a token, learned from what
/// it reports of the first ones. All workers of a run share it.
///
/// It changes a few times only and is settled then, since prompts that share a beginning, and are to
/// be found in a service's cache, must be made alike.
package final class PromptCalibration: Sendable {
    /// What prompts are made by.
    struct Fit: Sendable, Equatable {
        /// Bytes of UTF-8.
        var bytesPerToken: Double
        /// What the service adds to each prompt: its template's tokens.
        var overhead = 0.0
    }

    /// The numbers of reports after which the fit is made anew.
    static let steps = [2, 8, 64]
    /// A service that counts otherwise does not count tokens of text.
    private static let plausible = 0.5...16.0

    private let sums = Locked(Sums())
    private let adjustments = Atomic<Int>(0)

    /// Nothing is known yet.
    package init() {}

    /// How often the fit has been made.
    var generation: Int { adjustments.load(ordering: .acquiring) }

    /// The fit; nil before the first reports.
    var fit: Fit? { generation == 0 ? nil : sums.withLock { $0.fit } }

    /// Takes what a service counts a prompt of so many bytes as, if that may still change the fit.
    func add(bytes: Int, tokens: Int) {
        guard generation < Self.steps.count, bytes > 0, tokens > 0 else { return }
        sums.withLock { sums in
            guard sums.add(Double(bytes), Double(tokens)) else { return }
            sums.fit = sums.fitted(within: Self.plausible)
            adjustments.add(1, ordering: .releasing)
        }
    }

    /// Sums over reports, of which a line is made by least squares.
    private struct Sums {
        var fit: Fit?
        private var count = 0
        private var (x, y, xx, xy) = (0.0, 0.0, 0.0, 0.0)

        /// Whether the fit is to be made after this report.
        mutating func add(_ bytes: Double, _ tokens: Double) -> Bool {
            count += 1
            x += bytes
            y += tokens
            xx += bytes * bytes
            xy += bytes * tokens
            return steps.contains(count)
        }

        /// The line through the reports where their lengths differ enough to tell what is added to
        /// each; where they do not, all of it is taken for text.
        func fitted(within plausible: ClosedRange<Double>) -> Fit {
            let number = Double(count)
            let spread = xx - x * x / number
            if count >= 8, spread > 0.01 * xx {
                let slope = (xy - x * y / number) / spread
                let overhead = (y - slope * x) / number
                if slope > 0, plausible.contains(1 / slope), (0...y / number).contains(overhead) {
                    return Fit(bytesPerToken: 1 / slope, overhead: overhead)
                }
            }
            let ratio = min(max(x / y, plausible.lowerBound), plausible.upperBound)
            return Fit(bytesPerToken: ratio)
        }
    }
}
