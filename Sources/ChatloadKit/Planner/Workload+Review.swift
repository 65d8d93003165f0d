/// What reading a whole workload brought to light.
package struct WorkloadReview: Sendable {
    /// Complaints that are kept at most; the reading ends with the last of them.
    package static let mostComplaints = 20

    /// What was counted, without the lines that are complained about.
    package var census = WorkloadCensus()
    /// How often each conversation is to be played.
    package var weights = ScriptWeights()
    /// What is wrong, in the order of files and lines.
    package var complaints: [ScriptComplaint] = []

    /// Whether the reading stopped early because there was too much to complain about.
    package var isCutShort: Bool { complaints.count >= Self.mostComplaints }
}

extension Workload {
    /// Reads every line of every file, checks it against what `service` can do and counts.
    ///
    /// Takes bounded memory however large the files are: pages that have been read are given back.
    /// `row` are the values of the data's columns to check with; `progress` gets the share that has
    /// been read, from 0 to 1.
    package func review(
        with service: some ChatService, tokens: TokenEstimate = .usual, row: [String] = [],
        progress: (Double) -> Void = { _ in }
    ) -> WorkloadReview {
        var reviewer = Reviewer(service: service, tokens: tokens, row: row)
        reviewer.review.census.bytes = byteCount
        var bytesBefore = 0
        for source in sources {
            source.file.expect(sequentialReading: true)
            defer { source.file.expect(sequentialReading: false) }
            var remembered = 0
            for index in 0..<source.index.count {
                let start = source.index[index].offset
                if start - remembered >= LineIndex.stretch {
                    source.file.forget(remembered..<start)
                    remembered = start
                    progress(Double(bytesBefore + start) / Double(max(byteCount, 1)))
                }
                reviewer.read(source, index, columns: columns)
                if reviewer.review.isCutShort { return reviewer.finished() }
            }
            source.file.forget(remembered..<source.file.count)
            bytesBefore += source.file.count
        }
        progress(1)
        return reviewer.finished()
    }
}
