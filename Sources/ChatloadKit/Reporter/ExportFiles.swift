/// Files in the forms of other tools, where the user wants them.
package enum ExportFiles {
    /// Writes the exchanges of the runs in `folders`, one run after the other, as JMeter's results.
    ///
    /// - Throws: when a log cannot be read or the file not be written.
    package static func writeJTL(
        of folders: [String], to place: ExportPlace
    ) throws(LogComplaint) {
        var file = try place.replacement()
        do throws(LogComplaint) {
            try file.append(Array((JTLRows.columns.joined(separator: ",") + "\n").utf8).span)
            for folder in folders {
                let run = try RunReader.description(of: folder)
                let log = try RunReader.existing(RunFolder.log, in: folder)
                try LogReader.read(log, by: JTLRows(of: run)) { rows throws(LogComplaint) in
                    try file.append(rows.taken().span)
                }
            }
            try file.finish()
        } catch {
            file.abandon()
            throw error
        }
    }

    /// Writes the summary in the form of k6's `handleSummary`.
    ///
    /// - Throws: when the file cannot be written.
    package static func writeK6(
        _ summary: Summary, to place: ExportPlace
    ) throws(LogComplaint) {
        let bytes = try JSONReport.bytes(K6Summary(summary))
        try RunFiles.write(bytes, in: place.replacement())
    }

    /// Writes bytes into an open descriptor and closes it.
    ///
    /// - Throws: when they cannot be written.
    package static func write(
        _ bytes: [UInt8], into descriptor: Int32, path: String
    ) throws(LogComplaint) {
        try RunFiles.write(bytes, in: Replacement(into: descriptor, path: path))
    }
}
