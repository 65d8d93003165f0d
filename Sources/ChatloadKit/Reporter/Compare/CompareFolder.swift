/// Writes the files that are made from a comparison.
package enum CompareFolder {
    static let page = "compare.html"
    static let json = "compare.json"
    static let table = "compare.csv"

    /// Writes all of them into `folder`, each replaced as a whole, and says which.
    ///
    /// - Returns: the paths written.
    /// - Throws: when the folder or a file cannot be written.
    package static func write(
        _ comparison: Comparison, to folder: String
    ) throws(LogComplaint) -> [String] {
        try RunFiles.makeFolder(folder)
        let files = [
            (page, Array(ComparePage(comparison: comparison).html.utf8)),
            (json, try JSONReport.bytes(comparison)),
            (table, Array(CompareCSV.text(comparison).utf8)),
        ]
        var paths: [String] = []
        for (name, bytes) in files {
            paths.append("\(folder)/\(name)")
            try RunFiles.replace("\(folder)/\(name)", with: bytes)
        }
        return paths
    }

    /// The comparison as it stands in `compare.json`, for those who want it on stdout.
    package static func json(of comparison: Comparison) throws(LogComplaint) -> String {
        String(decoding: try JSONReport.bytes(comparison), as: UTF8.self)
    }
}
