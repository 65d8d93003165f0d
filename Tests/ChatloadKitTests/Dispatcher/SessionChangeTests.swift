import Networking
import Support
import Testing

@testable import ChatloadKit

/// A simulated user that goes on as another identity, or with another credential, is somebody else to
/// the service.
@Suite struct SessionChangeTests {
    /// Plays conversations one after the other in one place, against a peer that gives each connection's
    /// first request a cookie; the cookies that the requests came with.
    private static func cookies(
        _ scripts: [String], _ adjust: @escaping @Sendable (inout Plan) -> Void = { _ in }
    ) async throws -> [String] {
        let sent = Guarded<[String]>([])
        var run = VirtualRun(scripts: scripts, load: LoadShape(users: 1), isReplay: true)
        run.adjust = adjust
        let result = try await run.against { stream, _ in
            while case let request = try await stream.receiveRequest(), !request.isEmpty {
                let lines = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
                let cookie = lines.first { $0.lowercased().hasPrefix("cookie:") }.map(String.init)
                let number = sent.withLock { sent in
                    sent.append(cookie ?? "")
                    return sent.count
                }
                let body = #"{"data":{"answer":"yes"}}"#
                let head =
                    "HTTP/1.1 200 OK\r\nSet-Cookie: session=s\(number)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n"
                try await stream.send(Array((head + body).utf8))
            }
        }
        #expect(result.summary.totals.failed == 0)
        return sent.withLock(\.self)
    }

    private static func script(_ user: String) -> String {
        #"{"user":"\#(user)","turns":[{"say":"one"},{"say":"two"}]}"#
    }

    @Test func anotherIdentityHasNoCookies() async throws {
        let cookies = try await Self.cookies(["ana", "ben", "ben"].map(Self.script))
        #expect(
            cookies == [
                "", "Cookie: session=s1", "", "Cookie: session=s3", "Cookie: session=s4",
                "Cookie: session=s5",
            ])
    }

    @Test func anotherCredentialHasNoCookies() async throws {
        let cookies = try await Self.cookies(["ana", "ana", "ana"].map(Self.script)) { plan in
            plan.assignment = .roundRobin
            plan.credentials = ["a", "b"].compactMap { label in
                let service = try? ServiceChoice(
                    .stammer, settings: ["token": "token-\(label)"], inSandbox: true)
                return service.map { Credential(label: label, service: $0) }
            }
        }
        #expect(
            cookies == [
                "", "Cookie: session=s1", "", "Cookie: session=s3", "", "Cookie: session=s5",
            ])
    }
}
