package import Base
import Networking

/// Stream of one user's reply: takes a response's body apart into events as it comes and has each of
/// them read. Nothing of the body is kept but what the reply is made of.
///
/// One belongs to a session and serves one exchange at a time; confined to the user's loop.
package final class ReplyStream {
    /// What is found in it; the exchange's when that is over.
    var reply = ParsedReply()
    /// How many events came.
    private(set) var events = 0
    /// The events themselves, where somebody wants to see them.
    var trace: [TracedEvent]?
    /// Why it is no reply, as soon as that is clear.
    private var failure: ExchangeFailure?
    private let reader: ReplyReader
    private var splitter: EventSplitter
    /// What the connection lends the body to. It is held by this and by the connection for the time of
    /// an exchange, and this outlives each.
    private(set) lazy var body = BodyReader(
        begins: { [unowned self] in begins($0, $1) }, take: { [unowned self] in take($0, at: $1) })

    /// A stream of replies whose events `reader` reads.
    init(reading reader: ReplyReader) {
        self.reader = reader
        splitter = EventSplitter(reader.plan.form == .ndjson ? .lines : .serverSent)
    }

    /// Whether the response at hand is one that streams.
    var isStreamed: Bool { body.isLending }

    /// Ready for an exchange whose first piece of output may take so long, and each further one.
    func reset(first: Nanoseconds, idle: Nanoseconds, isTraced: Bool) {
        trace = isTraced ? [] : nil
        body.firstTimeout = first
        body.idleTimeout = idle
        reply.clear()
        reply.output.isAskedFor = true
        events = 0
        failure = nil
        splitter.reset()
        reader.reset()
    }

    /// Completes a reply whose response is over: a stream with what its end means, a response that came
    /// whole by reading it.
    ///
    /// - Throws: why it is no reply.
    func complete(
        _ head: ResponseHead, _ content: Span<UInt8>, into reply: inout ParsedReply
    ) throws(ExchangeFailure) {
        guard isStreamed else { return try reader.read(head, content, into: &reply) }
        if let problem = head.contentProblem { throw ExchangeFailure(unread: problem) }
        if !body.hasEnded { try endStream(into: &reply) }
        if let failure { throw failure }
        try reader.finish(events: events, into: &reply)
    }

    /// Errors are read whole, and so is a reply in one piece where a stream was asked for.
    private func begins(_ head: ResponseHead, _ raw: Span<UInt8>) -> Bool {
        guard ErrorClass(status: head.status) == nil else { return false }
        reply.output.isStreamed = reader.plan.form == .ndjson || !HeadSyntax.isJSON(raw)
        return reply.output.isStreamed
    }

    private func take(_ piece: Span<UInt8>, at arrived: Nanoseconds) -> BodyReader.Progress {
        var progress = BodyReader.Progress.waiting
        do throws(HTTPError) {
            try splitter.feed(piece) { type, data in
                let step = read(type, data, at: arrived, into: &reply)
                if step != .waiting { progress = step }
                return step != .ended
            }
        } catch {
            failure = ExchangeFailure(unread: error)
            return .ended
        }
        return progress
    }

    private func read(
        _ type: Span<UInt8>, _ data: Span<UInt8>, at arrived: Nanoseconds,
        into reply: inout ParsedReply
    ) -> BodyReader.Progress {
        events &+= 1
        if trace != nil { return readTraced(type, data, at: arrived, into: &reply) }
        return readUntraced(type, data, at: arrived, into: &reply)
    }

    @inline(__always)
    private func readUntraced(
        _ type: Span<UInt8>, _ data: Span<UInt8>, at arrived: Nanoseconds,
        into reply: inout ParsedReply
    ) -> BodyReader.Progress {
        do throws(ExchangeFailure) {
            return try reader.take(type: type, data: data, arrived: arrived, into: &reply)
        } catch {
            failure = error
            return .ended
        }
    }

    /// Reads an event, and keeps it with what it has brought.
    @inline(never)
    private func readTraced(
        _ type: Span<UInt8>, _ data: Span<UInt8>, at arrived: Nanoseconds,
        into reply: inout ParsedReply
    ) -> BodyReader.Progress {
        let before = (reply.output.frames, reply.text.count, reply.besides.count)
        let progress = readUntraced(type, data, at: arrived, into: &reply)
        var event = TracedEvent(arrived: arrived, type: type.text, data: data.array)
        if reply.output.frames > before.0 {
            event.channel = reply.output.channel
            event.output =
                Array(reply.text.bytes[min(before.1, reply.text.count)...])
                + Array(reply.besides.bytes[min(before.2, reply.besides.count)...])
        }
        trace?.append(event)
        return progress
    }

    /// Reads an event that the end of the body has cut off from the blank line that should follow it.
    /// The standard discards it; servers leave that line out, so it counts where it can be read.
    private func endStream(into reply: inout ParsedReply) throws(ExchangeFailure) {
        let arrived = reply.output.last ?? .zero
        do throws(HTTPError) {
            try splitter.end { type, data in
                let step = try? reader.take(type: type, data: data, arrived: arrived, into: &reply)
                events &+= step == nil ? 0 : 1
                return true
            }
        } catch {
            throw ExchangeFailure(unread: error)
        }
    }
}

/// Event of a streamed reply as it came, for people who look for what is wrong.
package struct TracedEvent: Sendable, Equatable {
    /// When it arrived: on the loop's clock, and once its exchange has ended from the run's start.
    package var arrived: Nanoseconds
    /// Its type; empty where it has none.
    package var type: String
    package var data: [UInt8]
    /// What of the reply was in it; nil where that was nothing.
    package var channel: ReplyOutput.Channel?
    /// That itself, as UTF-8.
    package var output: [UInt8] = []
}
