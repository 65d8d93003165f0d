/// Rows of texts as CSV, with the quoting of `CSVText`.
struct CSVTable {
    private(set) var text: String

    init(columns: [String]) { text = columns.joined(separator: ",") + "\n" }

    mutating func add(_ cells: [String]) {
        text += cells.map(CSVText.cell).joined(separator: ",") + "\n"
    }

    /// A row of texts and, after them, figures, whose signs stand as they are.
    mutating func add(_ cells: [String], figures: [Double?]) {
        text += (cells.map(CSVText.cell) + figures.map(Self.number)).joined(separator: ",") + "\n"
    }

    /// A figure as short as it can be written exactly; nothing where there is none.
    static func number(_ value: Double?) -> String {
        guard let value else { return "" }
        if let whole = Int(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
