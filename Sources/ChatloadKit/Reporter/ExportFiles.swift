import Glibc

/// Files in the forms of other tools, where the user wants them.
package enum ExportFiles {
    /// Whether a file can be made at `path`, or will be once there is the folder `output`; makes none.
    ///
    /// - Throws: why not.
    package static func requireRoom(
        at path: String, output: String?
    ) throws(LogComplaint) {
        if RunFiles.isFolder(path) { throw LogComplaint("\(path): is a folder") }
        if let output, path.hasPrefix(output + "/") { return }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? "./"
        if !RunFiles.isFolder(folder) { throw LogComplaint("\(folder): there is no such folder") }
        if access(folder, W_OK) != 0 { throw LogComplaint("\(folder): cannot be written to") }
    }

    /// Writes the exchanges of the runs in `folders`, one run after the other, as JMeter's results.
    ///
    /// - Throws: when a log cannot be read or the file not be written.
    package static func writeJTL(
        of folders: [String], to path: String
    ) throws(LogComplaint) {
        var file = try Replacement(of: path)
        do throws(LogComplaint) {
            try file.append(Array((JTLRows.columns.joined(separator: ",") + "\n").utf8).span)
            for folder in folders {
                let run = try RunReader.description(of: folder)
                let log = try RunReader.log(RunFolder.log, of: run, in: folder)
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
    package static func writeK6(_ summary: Summary, to path: String) throws(LogComplaint) {
        try RunFiles.replace(path, with: try JSONReport.bytes(K6Summary(summary)))
    }
}
