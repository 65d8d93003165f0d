import FoundationEssentials

/// `summary.json`: the summary as it is.
enum SummaryJSON {
    static func bytes(_ summary: Summary) throws(LogComplaint) -> [UInt8] {
        try JSONReport.bytes(summary)
    }
}

/// `run.json`: the description of the run.
enum RunJSON {
    static func bytes(_ run: RunDescription) throws(LogComplaint) -> [UInt8] {
        try JSONReport.bytes(run)
    }
}

/// JSON with sorted keys and indents, so that files of two runs can be compared by line.
enum JSONReport {
    static func bytes(_ value: some Encodable) throws(LogComplaint) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return ShownJSON.bytes(try Array(encoder.encode(value))) + Array("\n".utf8)
        } catch {
            throw LogComplaint("cannot be written as JSON: \(error)")
        }
    }
}
