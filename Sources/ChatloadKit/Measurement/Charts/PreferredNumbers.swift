/// Bounds that are evenly spaced on a logarithmic scale and yet round numbers: Renard's series of
/// preferred numbers (ISO 3), in nanoseconds from a microsecond to beyond `Histogram.highest`. Each
/// series holds all of the coarser ones.
enum PreferredNumbers {
    /// Three a decade: 1, 2, 5.
    static let thirds = edges([100, 200, 500])

    /// Ten a decade, R10.
    static let tenths = edges([100, 125, 160, 200, 250, 315, 400, 500, 630, 800])

    /// Twenty a decade, R20.
    static let twentieths = edges([
        100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710,
        800, 900,
    ])

    private static func edges(_ hundredths: [UInt64]) -> [UInt64] {
        var edges: [UInt64] = []
        var unit: UInt64 = 10
        while unit * 100 <= HistogramLayout.highest {
            edges += hundredths.map { $0 * unit }
            unit *= 10
        }
        return edges
    }
}
