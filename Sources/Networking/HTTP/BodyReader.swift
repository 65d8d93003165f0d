package import Base

/// Reader of a response's body in pieces as they come, for services that stream. A connection lends it
/// what it has read and keeps nothing of it.
///
/// One belongs to a user and serves one exchange at a time. Confined to its connection's loop.
package final class BodyReader {
    /// What a piece of the body was for the reply that is waited for.
    package enum Progress: Sendable, Equatable {
        /// Nothing of it: a comment, a ping, or half an event. No time-out begins anew.
        case waiting
        /// Some of it: the first piece has come, and the next one is waited for.
        case advanced
        /// Its end. The exchange is over; what still follows is passed over.
        case ended
    }

    /// How long after the request was sent the first `advanced` may come; `never` for any time.
    package var firstTimeout = Nanoseconds.never
    /// How long after an `advanced` the next one may come; `never` for any time.
    package var idleTimeout = Nanoseconds.never

    private let begins: (ResponseHead, Span<UInt8>) -> Bool
    private let take: (Span<UInt8>, Nanoseconds) -> Progress

    /// Whether the body at hand is lent, and not kept until it is whole.
    package private(set) var isLending = false
    /// Whether the reply is over.
    package private(set) var hasEnded = false
    private var hasAdvanced = false
    /// When the connection gives up waiting.
    private(set) var deadline = Nanoseconds.never
    /// When the exchange counts as timed out, and how it has ended while its task was waiting.
    var exchangeDeadline = Nanoseconds.never
    var outcome: Result<Void, HTTPFailure>?
    /// Takes the content coding off, where there is one.
    private var unpacker: Unpacker?

    /// A reader.
    ///
    /// - Parameters:
    ///   - begins: called with the head of the final response and its raw bytes; whether the body is
    ///     to be lent. Otherwise it is kept and read whole, as that of an error is.
    ///   - take: called with each piece of the body, without the framing of chunks and its content
    ///     coding, never an empty one, and when it arrived: by the kernel's stamp where there is one.
    ///     All pieces that were read at once have the same time.
    package init(
        begins: @escaping (ResponseHead, Span<UInt8>) -> Bool,
        take: @escaping (Span<UInt8>, Nanoseconds) -> Progress
    ) {
        self.begins = begins
        self.take = take
    }

    /// Ready for the response to a request that is about to be sent.
    func reset() {
        isLending = false
        hasEnded = false
        hasAdvanced = false
        deadline = .never
        outcome = nil
        unpacker = nil
    }

    /// The request was sent.
    func expect(after sent: Nanoseconds) { deadline = sent + firstTimeout }

    /// Why no more came in time, where that was up before the exchange's.
    func failure(before exchange: Nanoseconds) -> HTTPFailure? {
        guard deadline < exchange else { return nil }
        return hasAdvanced ? .idleTimeout : .firstTimeout
    }

    /// The head is there; whether the body is lent. A coding that is not read is noted in it, and the
    /// body lent as it comes.
    func begin(_ head: inout ResponseHead, _ raw: Span<UInt8>) -> Bool {
        isLending = begins(head, raw)
        guard isLending else {
            deadline = .never
            return false
        }
        guard let coding = head.codings.first else { return true }
        do throws(HTTPError) {
            guard head.codings.count == 1 else {
                throw .malformed("a streamed body is coded more than once")
            }
            unpacker = try Unpacker(coding)
        } catch {
            head.contentProblem = error
        }
        return true
    }

    /// Lends what has come of the body.
    ///
    /// - Throws: that its content coding is damaged; nothing is lent after that.
    func lend(_ bytes: Span<UInt8>, arrived: Nanoseconds) throws(HTTPError) {
        if bytes.isEmpty || hasEnded { return }
        guard let unpacker else { return pass(bytes, arrived) }
        try unpacker.unpack(bytes) {
            pass($0, arrived)
            return !hasEnded
        }
    }

    /// The body is over.
    ///
    /// - Throws: that something of its content coding is missing.
    func end() throws(HTTPError) {
        if !hasEnded { try unpacker?.finish() }
    }

    private func pass(_ piece: Span<UInt8>, _ arrived: Nanoseconds) {
        if piece.isEmpty || hasEnded { return }
        switch take(piece, arrived) {
        case .waiting: break
        case .advanced:
            hasAdvanced = true
            deadline = arrived + idleTimeout
        case .ended:
            hasEnded = true
            deadline = .never
        }
    }
}
