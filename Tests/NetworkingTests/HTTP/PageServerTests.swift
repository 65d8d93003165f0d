import Support
import Testing

@testable import Base
@testable import Networking

@Suite struct PageServerTests {
    /// What a server of the page `/metrics` answers to raw bytes.
    static func answer(_ request: String, on kind: LoopKind = .simulated) async throws -> String {
        try await kind.run { loop in
            let server = PageServer(path: "/metrics", loop: loop) { accept in
                (type: "text/plain", body: "you take \(accept)\n")
            }
            let address = try await server.listen(on: .loopback(port: 0))
            let answer = try await Self.ask(address, request, on: loop)
            await server.close()
            return answer
        }
    }

    static func ask(
        _ address: SocketAddress, _ request: String, on loop: EventLoop
    ) async throws -> String {
        let stream = try await Networking.Stream.connect(to: address, on: loop, until: .never)
        try await stream.send(Array(request.utf8))
        var bytes: [UInt8] = []
        while try await stream.receive(into: &bytes) > 0 {}
        stream.close()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: LoopKind.allCases) func thePageIsMadeForWhoAsks(kind: LoopKind) async throws {
        let answer = try await Self.answer(
            "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nAccept: Text/Plain\r\n\r\n", on: kind)
        #expect(
            answer == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n"
                + "Connection: close\r\n\r\nyou take text/plain\n")
    }

    @Test(arguments: [
        ("GET / HTTP/1.0\r\n\r\n", "404 Not Found"), ("POST /metrics HTTP/1.0\r\n\r\n", "405 "),
        ("GET /metrics\r\n\r\n", "400 "), ("\r\n?\r\n", "400 "),
        ("GET /metrics HTTP/1.1\r\n\r\n", "400 "), ("GET /metrics HTTP/2\r\n\r\n", "400 "),
        ("GET /metrics HTTP/2.0\r\n\r\n", "505 "), ("\u{FFFD}\u{0} x y\n\n", "400 "),
        ("GET /metrics HTTP/1.0\r\nContent-Length: 1\r\n\r\n", "413 "),
    ])
    func whatIsNoRequestForItIsToldSo(request: String, status: String) async throws {
        #expect(try await Self.answer(request).hasPrefix("HTTP/1.1 \(status)"))
    }

    @Test func aHeadWithoutEndIsCut() async throws {
        let answer = try await Self.answer("GET /" + String(repeating: "x", count: 20_000))
        #expect(answer.hasPrefix("HTTP/1.1 431 "))
    }

    @Test func whoSaysNothingIsClosed() async throws {
        try await onSimulatedLoop { loop in
            let server = PageServer(path: "/", loop: loop) { _ in
                (type: "text/plain", body: "")
            }
            let address = try await server.listen(on: .loopback(port: 0))
            let start = loop.tick
            #expect(try await Self.ask(address, "", on: loop).isEmpty)
            #expect(loop.tick - start == .seconds(5))
            await server.close()
        }
    }

    /// However many hold connections and say nothing, whoever asks is answered, and the oldest of
    /// the others go.
    @Test func silentCrowdsKeepNobodyOut() async throws {
        try await onSimulatedLoop { loop in
            let server = PageServer(path: "/", loop: loop) { _ in
                (type: "text/plain", body: "here")
            }
            let address = try await server.listen(on: .loopback(port: 0))
            var idle: [Networking.Stream] = []
            for _ in 0..<100 {
                idle.append(
                    try await Networking.Stream.connect(to: address, on: loop, until: .never))
            }
            await loop.sleep(until: loop.tick + .milliseconds(1))
            let answered = try await Self.ask(address, "GET / HTTP/1.0\r\n\r\n", on: loop)
            #expect(answered.hasSuffix("here"))
            var bytes: [UInt8] = []
            #expect(try await idle[0].receive(into: &bytes, until: loop.tick) == 0)
            for stream in idle { stream.close() }
            await server.close()
        }
    }

    /// Whatever arrives, in pieces, is answered or closed.
    @Test func garbageIsAnsweredOrClosed() async throws {
        try await onSimulatedLoop { loop in
            let server = PageServer(path: "/", loop: loop) { _ in
                (type: "text/plain", body: "here")
            }
            let address = try await server.listen(on: .loopback(port: 0))
            var random = SeededRandom(seed: 11)
            let alphabet = Array("GET / HTTP/1.0\r\n\r\n:\u{0}\u{FF}".utf8)
            for _ in 0..<200 {
                let length = Int(random.next(upperBound: UInt64(60)))
                let noise = (0..<length).map { _ in
                    alphabet[Int(random.next(upperBound: UInt64(alphabet.count)))]
                }
                let text = String(decoding: noise, as: UTF8.self)
                let answer = (try? await Self.ask(address, text, on: loop)) ?? ""
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "))
            }
            let answered = try await Self.ask(address, "GET / HTTP/1.0\r\n\r\n", on: loop)
            #expect(answered.hasSuffix("here"))
            await server.close()
        }
    }
}
