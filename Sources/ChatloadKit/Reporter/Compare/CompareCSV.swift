/// `compare.csv`: a row for each figure; what does not exist is an empty cell.
enum CompareCSV {
    static let columns = [
        "metric", "step", "statistic", "unit", "verdict", "base", "new", "base_samples",
        "new_samples", "difference", "low", "high", "relative", "relative_low", "relative_high",
        "p_value", "adjusted_p_value",
    ]

    static func text(_ comparison: Comparison) -> String {
        var table = CSVTable(columns: columns)
        for row in comparison.figures {
            table.add(
                [
                    row.metric.rawValue, row.step ?? "", row.statistic?.rawValue ?? "", row.unit,
                    row.verdict.rawValue,
                ],
                figures: [
                    row.base, row.new, Double(row.baseSamples), Double(row.newSamples),
                    row.difference, row.low, row.high, row.relative, row.relativeLow,
                    row.relativeHigh, row.chance, row.adjustedChance,
                ])
        }
        return table.text
    }
}
