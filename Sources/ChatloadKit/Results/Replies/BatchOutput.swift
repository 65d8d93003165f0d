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
        Self.append("{\"id\":", "batch_req_\(place + 1)", to: &buffer)
        Self.append(",\"custom_id\":", line.id, to: &buffer)
        if let reply = turn.reply {
            begin(response: turn.status ?? 200, place: place, to: &buffer)
            append(completion: turn, reply, of: line, place: place, to: &buffer)
            buffer.append("},\"error\":null}\n")
        } else if let status = turn.status {
            begin(response: status, place: place, to: &buffer)
            Self.append("{\"error\":{\"message\":", turn.errorDetail ?? "", to: &buffer)
            Self.append(",\"type\":", turn.errorClass ?? "unknown", to: &buffer)
            buffer.append("}}},\"error\":null}\n")
        } else {
            buffer.append(",\"response\":null")
            Self.append(",\"error\":{\"code\":", turn.errorClass ?? "not_sent", to: &buffer)
            Self.append(",\"message\":", turn.errorDetail ?? "", to: &buffer)
            buffer.append("}}\n")
        }
    }

    private func begin(response status: Int, place: Int, to buffer: inout ByteBuffer) {
        buffer.append(",\"response\":{\"status_code\":")
        buffer.append(decimal: status)
        Self.append(",\"request_id\":", "req_\(place + 1)", to: &buffer)
        buffer.append(",\"body\":")
    }

    private func append(
        completion turn: TranscriptTurn, _ reply: String, of line: TranscriptLine, place: Int,
        to buffer: inout ByteBuffer
    ) {
        Self.append("{\"id\":", "chatcmpl-\(place + 1)", to: &buffer)
        buffer.append(",\"object\":\"chat.completion\",\"created\":")
        let seconds = Int(exactly: (turn.sentMilliseconds / 1_000).rounded(.down)) ?? 0
        buffer.append(decimal: started &+ seconds)
        Self.append(",\"model\":", line.model ?? "", to: &buffer)
        Self.append(
            ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":", reply,
            to: &buffer)
        buffer.append("},\"finish_reason\":\"stop\"}]")
        if turn.isReported, let prompt = turn.promptTokens, let reply = turn.replyTokens {
            buffer.append(",\"usage\":{\"prompt_tokens\":")
            buffer.append(decimal: prompt)
            buffer.append(",\"completion_tokens\":")
            buffer.append(decimal: reply)
            buffer.append(",\"total_tokens\":")
            buffer.append(decimal: prompt &+ reply)
            buffer.append("}")
        }
        buffer.append("}")
    }

    private static func append(_ key: String, _ text: String, to buffer: inout ByteBuffer) {
        buffer.append(key)
        buffer.append("\"")
        buffer.append(jsonEscaped: text)
        buffer.append("\"")
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
            while let feed = pending.span.feed(from: at) {
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

extension Span<UInt8> {
    /// The index of the first line feed from `start` on.
    fileprivate func feed(from start: Int) -> Int? {
        withUnsafeBytes { raw in
            guard let base = raw.baseAddress, start < raw.count,
                let found = memchr(base + start, 0x0A, raw.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
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
