/// `errors.csv`: a row for each class, step and status, the most frequent first.
enum ErrorsCSV {
    static let columns = [
        "class", "step", "status", "count", "first_s", "last_s", "example", "partial",
    ]

    static func text(_ summary: Summary) -> String {
        var table = CSVTable(columns: columns)
        for error in summary.errors {
            table.add([
                error.errorClass, error.step, error.status.map { String($0) } ?? "",
                String(error.count), CSVTable.number(error.first), CSVTable.number(error.last),
                error.example, summary.isPartial ? "1" : "0",
            ])
        }
        return table.text
    }
}
