package import Networking

/// What reading a whole workload brought to light.
package struct WorkloadReview: Sendable {
    /// Complaints that are kept at most; of the others the number.
    package static let mostComplaints = 20

    /// What was counted, without the conversations that are complained about.
    package var census = WorkloadCensus()
    /// How often each conversation is to be played, without those that are complained about.
    package var weights = ScriptWeights()
    /// When each conversation started, where recorded times were asked for; without those that are
    /// complained about.
    package var starts: [Nanoseconds] = []
    /// The first complaints, in the order of files and lines.
    package var complaints: [ScriptComplaint] = []
    /// How many there are in all.
    package var complaintCount = 0
    /// The conversations that are complained about.
    package var rejected = RejectedConversations()
    /// What the files hold and the conversations do not.
    package var omissions = Omissions()
    /// That a file was changed while it was read; then nothing else in here counts.
    package var change: ScriptComplaint?

    /// Adds a complaint about the conversation of a number; nil where it has been made of another.
    mutating func add(_ complaint: ScriptComplaint?, about index: Int) {
        rejected.insert(index)
        complaintCount += 1
        if let complaint, complaints.count < Self.mostComplaints { complaints.append(complaint) }
    }
}

extension Workload {
    /// Reads every conversation of every file, checks it against what `service` can do and counts.
    ///
    /// Takes bounded memory however large the files are: pages that have been read are given back.
    /// With a pace it is for a replay at recorded times, which must all be there. `row` are the values
    /// of the data's columns to check with; `progress` gets the share that has been read, from 0 to 1.
    package func review(
        with service: some ChatService, tokens: TokenEstimate = .usual, row: [String] = [],
        pace: ReplayPace? = nil, progress: (Double) -> Void = { _ in }
    ) -> WorkloadReview {
        var reviewer = Reviewer(service: service, tokens: tokens, row: row, pace: pace)
        if pace != nil { reviewer.review.starts.reserveCapacity(count) }
        reviewer.review.census.bytes = byteCount
        var bytesBefore = 0
        for source in sources {
            reviewer.read(source) { progress(Double(bytesBefore + $0) / Double(max(byteCount, 1))) }
            bytesBefore += source.file.count
        }
        progress(1)
        return reviewer.finished()
    }
}

extension Reviewer {
    /// Reads all conversations of a source; `progress` gets the bytes read.
    fileprivate mutating func read(_ source: Workload.Source, progress: (Int) -> Void) {
        source.file.expect(sequentialReading: true)
        defer { source.file.expect(sequentialReading: false) }
        review.omissions.add(source.omissions)
        var walk = SourceWalk(source)
        while let index = walk.next(progress) {
            do throws(ScriptComplaint) {
                if let (outline, number) = try source.outline(at: index, from: &walk.cursor) {
                    read(outline, number: number, of: source)
                    continue
                }
                var omissions = Omissions()
                let conversation = try source.conversation(
                    at: index, from: &walk.cursor, omitting: &omissions)
                read(conversation, of: source, at: index, omitting: omissions)
            } catch {
                reject(error)
            }
        }
        if let change = source.file.change { review.change = review.change ?? change }
    }
}

/// A walk through all conversations of a source that gives back the pages behind it.
struct SourceWalk {
    private let source: Workload.Source
    /// Where the conversation before was found.
    var cursor: ElementCursor
    private var index = 0
    private var remembered = 0

    init(_ source: Workload.Source) {
        self.source = source
        cursor = source.cursor()
    }

    /// The number of the next conversation; nil at the end. `progress` gets the bytes read.
    mutating func next(_ progress: (Int) -> Void) -> Int? {
        forget(progress)
        if index == source.count {
            source.file.forget(0..<source.file.count)
            return nil
        }
        defer { index += 1 }
        return index
    }

    private mutating func forget(_ progress: (Int) -> Void) {
        switch source.arrangement {
        case .single, .branches:
            let end = min(cursor.offset, source.file.count)
            guard end - remembered >= ElementIndex.stretch else { return }
            source.file.forget(remembered..<end)
            remembered = end
            progress(end)
        case .groups, .paths:
            // Their elements are anywhere.
            guard index & 4_095 == 4_095 else { return }
            source.file.forget(0..<source.file.count)
            progress(source.file.count / source.count * index)
        }
    }
}
