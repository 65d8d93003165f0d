import Support
import Testing

@testable import Networking

/// What URLSession makes of responses: those that it would end the process over, and those of which
/// it keeps less than came.
@Suite struct PortableResponseTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        /// The bytes; the connection ends after them.
        var sent: String
        var outcome: Outcome
        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(
            name: "a cut head", sent: "HTTP/1.1 200 OK\r\nServer: x",
            outcome: .failure(.message(.closedEarly))),
        Row(
            name: "a trailer",
            sent:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
            outcome: .reply(200, "hi")),
        Row(
            name: "a length near 2^63",
            sent: "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nhi",
            outcome: .failure(.message(.closedEarly))),
        Row(
            name: "a question for a password",
            sent:
                "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\n"
                + "no", outcome: .reply(401, "no")),
        Row(
            name: "a redirect", sent: "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\nno",
            outcome: .reply(302, "no")),
        Row(
            name: "no reason", sent: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
            outcome: .reply(200, "hi")),
        Row(
            name: "an interim response",
            sent: "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhi",
            outcome: .reply(200, "hi")),
        Row(
            name: "nothing but an interim response", sent: "HTTP/1.1 100 Continue\r\n\r\n",
            outcome: .failure(.message(.closedEarly))),
        Row(name: "nothing", sent: "", outcome: .failure(.message(.closedEarly))),
        Row(
            name: "too much of a head",
            sent: "HTTP/1.1 200 OK\r\n"
                + String(repeating: "X: \(String(repeating: "y", count: 996))\r\n", count: 70),
            outcome: .failure(.message(.tooLarge("the response is too large")))),
        Row(
            name: "too much of a body",
            sent: "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "y", count: 70_000),
            outcome: .failure(.message(.tooLarge("the response is too large")))),
    ])
    func comesAsItWould(row: Row) async throws {
        let outcome = try await onRealLoop { loop in
            try await Self.ask(loop, answering: row.sent) { await $0.ask(timeout: .seconds(20)) }
        }
        #expect(outcome == row.outcome)
    }

    /// Foundation joins them with commas, which dates have too.
    @Test func cookiesStayApart() async throws {
        let cookies = [
            "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/", "b=2", "c=x, y; HttpOnly",
        ]
        let sent =
            "HTTP/1.1 200 OK\r\n" + cookies.map { "Set-Cookie: \($0)\r\n" }.joined() + "\r\n"
        let head = try await onRealLoop { loop in
            try await Self.ask(loop, answering: sent) { client in
                var raw = ""
                try await client.connection.exchange(until: loop.clock() + .seconds(20)) {
                    $0.append(Client.request)
                } read: { _, head, _ in
                    raw = head.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
                }
                return raw
            }
        }
        let lines = head.split(separator: "\r\n").filter { $0.hasPrefix("Set-Cookie: ") }
        #expect(lines.map { String($0.dropFirst(12)) } == cookies)
    }

    @Test func aTimeoutAndTheEndAreFelt() async throws {
        let (late, cancelled) = try await onRealLoop { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                _ = try await stream.receiveRequest()
                await loop.sleep(until: .never)
            }
            let client = Self.client(on: loop, to: try await peer.start())
            let late = await client.ask(timeout: .milliseconds(50))
            _ = loop.schedule(at: loop.clock() + .milliseconds(50)) { client.connection.cancel() }
            let cancelled = await client.ask()
            await peer.stop()
            return (late, cancelled)
        }
        #expect(late == .failure(.timeout) && cancelled == .failure(.cancelled))
    }

    private static func client(on loop: EventLoop, to address: SocketAddress) -> Client {
        let client = Client(on: loop, to: address)
        client.origin.portable = try? PortableTransport().session(
            to: "http://127.0.0.1:\(address.port)", connectTimeout: .seconds(5),
            HTTPLimits(body: 65_536))
        return client
    }

    private static func ask<Result: Sendable>(
        _ loop: EventLoop, answering bytes: String,
        _ body: @Sendable (Client) async throws -> Result
    ) async throws -> Result {
        let peer = TestPeer(on: loop) { stream, _ in
            _ = try await stream.receiveRequest()
            try await stream.send(Array(bytes.utf8))
        }
        let address = try await peer.start()
        let client = client(on: loop, to: address)
        #expect(client.origin.portable != nil)
        let result = try await body(client)
        await peer.stop()
        return result
    }
}
