/// A row of small bars, one a value, the tallest being the greatest value shown.
struct Sparkline: Sendable {
    /// The bars' shapes, the lowest first.
    private let bars: [Character]

    /// One of block characters, or of plain ones where the terminal may not have those.
    init(isUnicode: Bool) { bars = Array(isUnicode ? "▁▂▃▄▅▆▇█" : "_.-=+*%#") }

    /// The last `width` of the values; a space where there is none. Zero is the lowest bar.
    func text(of values: [Double?], width: Int) -> String {
        let shown = values.suffix(max(width, 0))
        let greatest = shown.compactMap(\.self).filter(\.isFinite).max() ?? 0
        return String(
            shown.map { value in
                guard let value, value.isFinite else { return " " }
                return bar(greatest > 0 ? value / greatest : 0)
            })
    }

    /// The bar of a share of the greatest value.
    private func bar(_ share: Double) -> Character {
        let place = Int((min(max(share, 0), 1) * Double(bars.count - 1)).rounded())
        return bars[place]
    }
}
