/// Interval in which a figure's true value lies with 95 % confidence, as far as one run can tell.
package struct FigureInterval: Codable, Equatable, Sendable {
    /// How sure it is.
    static let confidence = 0.95

    /// In the figure's unit, as are its bounds.
    package var value: Double
    package var low: Double
    package var high: Double
    /// Whether the two halves of the run differ in it beyond chance, and by more than a hundredth: then
    /// the run was no state that goes on, and the interval says little of the next one.
    package var drifts: Bool

    /// The larger of the distances from the value to its bounds.
    package var halfWidth: Double { max(high - value, value - low) }

    /// The same as a share of the value; nil of 0.
    package var relative: Double? { value > 0 ? halfWidth / value : nil }

    enum CodingKeys: String, CodingKey {
        case value, low, high, drifts
    }
}
