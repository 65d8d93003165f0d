package import Base

/// The conversations of all files: mapped, indexed, parsed when they are played.
///
/// Cheap to copy and to share between workers. Conversations are numbered from 0 in the order of the
/// files and of what is in them.
package struct Workload: Sendable {
    let sources: [Source]
    /// For each source the conversations up to and with its own.
    private let sums: [Int]
    /// Those that are not passed over as if they were not there; nil for all.
    private var kept: ConversationSet?

    /// The number of conversations.
    package var count: Int { kept?.count ?? sums.last ?? 0 }

    /// The files as they were named.
    package var paths: [String] { sources.map(\.file.path) }

    /// What each file was recognised as.
    package var formats: [WorkloadFormat] { sources.map(\.format) }

    /// Whether all of it is OpenAI Batch input: then each conversation's id is its `custom_id`.
    package var isBatch: Bool { sources.allSatisfy { $0.format == .batch } }

    /// The bytes of all files, unpacked.
    package var byteCount: Int { sources.reduce(0) { $0 + $1.file.count } }

    /// Opens the files and finds their conversations; what these say is not looked at.
    ///
    /// - Parameters:
    ///   - paths: files of any known format, each recognised by what is in it.
    ///   - format: what all of them are said to be instead.
    ///   - prompts: how prompts are made for traces that tell only sizes.
    ///   - columns: those of the run's data, which scripts may use as variables.
    ///   - folder: where the files are that turns may send along; nil for each file's own folder.
    ///   - progress: hears how many bytes of a file have been unpacked, or have come through a pipe.
    /// - Throws: why a file cannot be read, or that there is no conversation in all of them.
    package static func open(
        _ paths: [String], as format: WorkloadFormat? = nil, prompts: PromptSettings = .init(),
        columns: [String] = [], attachFrom folder: String? = nil,
        progress: ((Int) -> Void)? = nil
    ) throws(Fault) -> Workload {
        var sources: [Source] = []
        for path in paths {
            let file = try MappedFile(path: path, progress: progress)
            let recognition = try Recognition(of: file, as: format)
            sources.append(
                SourceSurvey.source(
                    of: file, recognition, prompts, columns: columns, attachFrom: folder))
            if let change = file.change { throw change }
        }
        let workload = Workload(sources: sources)
        guard workload.count > 0 else {
            throw Fault(
                "there is no conversation in here",
                at: .file(paths.first ?? "workload"),
                hint: #"write one a line, like {"turns":[{"say":"Hello"}]}"#)
        }
        return workload
    }

    /// A workload of one conversation that says these texts as they are, one a turn.
    ///
    /// - Throws: that it cannot be kept.
    package static func saying(_ texts: [String]) throws(Fault) -> Workload {
        var line = ByteBuffer()
        line.append { line in
            line.append("id", "say")
            line.append(key: "turns")
            line.append(array: texts) { turns, text in
                turns.append { $0.append("say", text.quotingVariables) }
            }
        }
        line.append("\n")
        let file = try MappedFile(content: line.bytes, called: "--say")
        let recognition = try Recognition(of: file, as: .chatload)
        return Workload(sources: [
            SourceSurvey.source(of: file, recognition, PromptSettings(), columns: [])
        ])
    }

    private init(sources: [Source]) {
        self.sources = sources
        var sum = 0
        sums = sources.map { source in
            sum += source.count
            return sum
        }
    }

    /// The workload without the conversations that a review found fault with.
    package func leavingOut(_ rejected: ConversationSet) -> Workload {
        if rejected.count == 0 { return self }
        var workload = self
        workload.kept = ConversationSet(below: sums.last ?? 0) { !rejected.contains($0) }
        return workload
    }

    /// What has happened to a file since it was opened, the first of them; nil where all are as they
    /// were.
    package var change: Fault? { sources.lazy.compactMap(\.file.change).first }

    /// Parses one conversation; `index` must be below `count`. Takes a few microseconds.
    ///
    /// - Throws: what is wrong with it, or that its file has changed.
    package func conversation(at index: Int) throws(Fault) -> Conversation {
        let (source, place) = place(of: index)
        source.file.noteLookup()
        var cursor = source.cursor()
        var omissions = Omissions()
        let conversation: Conversation
        do throws(Fault) {
            conversation = try source.conversation(at: place, from: &cursor, omitting: &omissions)
        } catch {
            throw source.file.change ?? error
        }
        if let change = source.file.change { throw change }
        return conversation
    }

    /// The format of one conversation's file; `index` must be below `count`.
    package func format(of index: Int) -> WorkloadFormat { place(of: index).source.format }

    /// Where the files are that one conversation may send along; `index` must be below `count`.
    func attachments(of index: Int) -> AttachmentFolder { place(of: index).source.attachments }

    /// Where a conversation is: its file and its number there.
    private func place(of index: Int) -> (source: Source, index: Int) {
        precondition(index >= 0 && index < count, "BUG: no conversation \(index)")
        let place = kept?.member(at: index) ?? index
        let source = sums.partitioningIndex { $0 > place }
        return (sources[source], place - (source == 0 ? 0 : sums[source - 1]))
    }
}
