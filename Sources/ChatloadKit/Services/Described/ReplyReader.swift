import Base
import Networking

/// Reader of replies by the places of a description.
struct ReplyReader: Sendable {
    let form = ServiceReply.Form.sse
    func read(_ head: ResponseHead, _ body: Span<UInt8>, into reply: inout ParsedReply)
        throws(ExchangeFailure)
    {}
    func take(
        type: Span<UInt8>, data: Span<UInt8>, arrived: Nanoseconds, into reply: inout ParsedReply
    ) throws(ExchangeFailure) -> BodyReader.Progress { .waiting }
    func finish(events: Int, into reply: inout ParsedReply) throws(ExchangeFailure) {}
}
