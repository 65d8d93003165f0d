import Base
import Networking

/// What came of one exchange.
struct Outcome: Equatable, Sendable {
    var status: Int?
    var body = ""
    var failure: HTTPFailure?

    static func reply(_ status: Int, _ body: String) -> Outcome {
        Outcome(status: status, body: body)
    }

    static func failure(_ failure: HTTPFailure) -> Outcome { Outcome(failure: failure) }
}

/// A connection with the origin it goes to, for tests that ask one thing after another. Used on its
/// loop's thread only, which makes it safe to share.
struct Client: @unchecked Sendable {
    static let request = Array("GET / HTTP/1.1\r\nHost: test\r\n\r\n".utf8)

    let loop: EventLoop
    let origin: HTTPOrigin
    let connection: HTTPConnection

    init(
        on loop: EventLoop, to address: SocketAddress, connectTimeout: Nanoseconds = .seconds(5),
        limits: HTTPLimits = HTTPLimits(), from source: SocketAddress? = nil
    ) {
        self.init(
            HTTPOrigin(
                host: address.ip, port: address.port, connectTimeout: connectTimeout,
                limits: limits, loop: loop),
            on: loop, from: source)
    }

    init(_ origin: HTTPOrigin, on loop: EventLoop, from source: SocketAddress? = nil) {
        self.loop = loop
        self.origin = origin
        connection = HTTPConnection(to: origin, from: source)
    }

    /// Sends `request` and says what came of it. Without a `timeout` it fails after a minute, so
    /// that a test may fail but never hangs.
    func ask(
        _ request: [UInt8] = Client.request, timeout: Nanoseconds = .seconds(60),
        isHead: Bool = false, isRepeatable: Bool = false, lendingTo reader: BodyReader? = nil
    ) async -> Outcome {
        var outcome = Outcome()
        do throws(HTTPFailure) {
            try await connection.exchange(
                until: loop.clock() + timeout, isHead: isHead, isRepeatable: isRepeatable,
                lendingTo: reader
            ) {
                $0.append(request)
            } read: { head, _, body in
                outcome.status = head.status
                outcome.body = body.withUnsafeBufferPointer {
                    String(decoding: $0, as: UTF8.self)
                }
            }
        } catch {
            outcome.failure = error
        }
        return outcome
    }
}

/// A number that tests count in; touched by one loop's thread only, which makes it safe to share.
final class Tally: @unchecked Sendable {
    private(set) var count = 0

    func add() { count += 1 }
}

/// A response with this body that keeps the connection.
func response(_ body: String, status: String = "200 OK", fields: String = "") -> [UInt8] {
    Array("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
}
