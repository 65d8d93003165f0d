import Base
import Glibc
import Networking

/// Lines of a batch's output as OpenAI's Batch API writes them: one for each request, told apart by
/// `custom_id`, with the response or why there is none.
struct BatchOutput {
    /// When the run began, in seconds since 1970.
    let started: Int

    /// Appends the line of the conversation at a place of the workload, from 0: the last turn that
    /// was taken is the request.
    func append(_ line: TranscriptLine, place: Int, to buffer: inout ByteBuffer) {
        let turn = line.turns.last { $0.isTaken } ?? TranscriptTurn()
        buffer.append { output in
            output.append("id", "batch_req_\(place + 1)")
            output.append("custom_id", line.id)
            guard let status = turn.status ?? (turn.reply == nil ? nil : 200) else {
                output.append("response", literal: nil)
                return output.append("error") { error in
                    error.append("code", turn.errorClass ?? "not_sent")
                    error.append("message", turn.errorDetail ?? "")
                }
            }
            output.append("response") { response in
                response.append("status_code", status)
                response.append("request_id", "req_\(place + 1)")
                response.append("body") { append(body: turn, of: line, place: place, to: &$0) }
            }
            output.append("error", literal: nil)
        }
        buffer.append("\n")
    }

    /// Appends what is in the response's body: a completion, or an error.
    private func append(
        body turn: TranscriptTurn, of line: TranscriptLine, place: Int, to body: inout ByteBuffer
    ) {
        guard let reply = turn.reply else {
            return body.append("error") { error in
                error.append("message", turn.errorDetail ?? "")
                error.append("type", turn.errorClass ?? "unknown")
            }
        }
        let seconds = Int(exactly: (turn.sentMilliseconds / 1_000).rounded(.down)) ?? 0
        body.append("id", "chatcmpl-\(place + 1)")
        body.append("object", "chat.completion")
        body.append("created", started &+ seconds)
        body.append("model", line.model ?? "")
        body.append(key: "choices")
        body.append(array: CollectionOfOne(reply)) { choices, reply in
            choices.append { choice in
                choice.append("index", 0)
                choice.append("message") { message in
                    message.append("role", "assistant")
                    message.append("content", reply)
                }
                choice.append("finish_reason", "stop")
            }
        }
        guard turn.isReported, let prompt = turn.promptTokens, let reply = turn.replyTokens
        else { return }
        body.append("usage") { usage in
            usage.append("prompt_tokens", prompt)
            usage.append("completion_tokens", reply)
            usage.append("total_tokens", prompt &+ reply)
        }
    }
}

/// Reads a file line by line, in chunks and with bounded memory.
enum LineStream {
    /// No line of ours is longer; of a longer one nothing is kept.
    static let longest = 64 << 20

    /// Lends every line that has an end, without its line feed, with the offset it begins at.
    ///
    /// - Returns: the offset behind the last line that has an end.
    static func read(
        _ path: String, chunk: Int = 262_144, from start: Int = 0,
        line: (_ offset: Int, _ bytes: Span<UInt8>) throws(Fault) -> Void
    ) throws(Fault) -> Int {
        let descriptor = try RunFiles.open(reading: path)
        defer { close(descriptor) }
        lseek(descriptor, start, SEEK_SET)
        var offset = start
        var end = start
        var pending: [UInt8] = []
        var isSkipping = false
        while try RunFiles.read(descriptor, limit: chunk, into: &pending, path: path) {
            var at = 0
            while let feed = pending.span.firstIndex(of: 0x0A, from: at) {
                if !isSkipping {
                    try line(offset + at, pending.span.extracting(at..<feed))
                }
                isSkipping = false
                at = feed + 1
                end = offset + at
            }
            pending.removeFirst(at)
            offset += at
            if pending.count > longest {
                isSkipping = true
                offset += pending.count
                pending.removeAll()
            }
        }
        return end
    }
}

/// A file that is written little by little and takes another's place once it is complete, so that a
/// reader sees the old content or the new, never a part. Only a regular file is ever replaced.
struct Replacement {
    private static let chunk = 1 << 18

    let path: String
    /// Where it is until it is complete; nil for what is written into and replaces nothing.
    private let temporary: String?
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    init(of path: String) throws(Fault) {
        self.path = path
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw Fault("\(path): is no regular file, and nothing else is replaced")
        }
        let temporary = "\(path).\(getpid()).tmp"
        unlink(temporary)
        descriptor = try RunFiles.create(temporary)
        self.temporary = temporary
    }

    /// Writes into what is open already.
    init(into descriptor: Int32, path: String) {
        self.path = path
        self.descriptor = descriptor
        temporary = nil
    }

    /// Appends bytes.
    mutating func append(_ bytes: Span<UInt8>) throws(Fault) {
        bytes.withUnsafeBufferPointer { waiting.append(contentsOf: $0) }
        if waiting.count >= Self.chunk { try flush() }
    }

    /// Puts the file in its place, or in another.
    mutating func finish(at other: String? = nil) throws(Fault) {
        let path = other ?? path
        try flush()
        try RunFiles.finish(descriptor, path: path)
        guard let temporary else { return }
        if rename(temporary, path) != 0 { throw RunFiles.complaint("cannot replace", path) }
    }

    /// Leaves the old file as it is.
    func abandon() {
        if let temporary { unlink(temporary) }
    }

    /// Makes sure that a file could be made for the place `path`, by making one for a moment.
    static func requireRoom(at path: String) throws(Fault) {
        let trial = try Replacement(of: path)
        close(trial.descriptor)
        trial.abandon()
    }

    private mutating func flush() throws(Fault) {
        try RunFiles.write(waiting, to: descriptor, path: path)
        waiting.removeAll(keepingCapacity: true)
    }
}
