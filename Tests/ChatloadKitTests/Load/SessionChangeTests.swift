import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// A simulated user that goes on as another identity, or with another credential, is somebody else to
/// the service.
@Suite struct SessionChangeTests {
    /// Plays conversations of these users one after the other in one place, against a Botyard that gives
    /// each login a cookie and fails then; the cookies that the logins came with.
    private static func cookies(
        _ users: [String], _ adjust: @escaping @Sendable (inout Plan) -> Void = { _ in }
    ) async throws -> [String] {
        let sent = Locked<[String]>([])
        let scripts = users.map { #"{"user":"\#($0)","turns":[{"say":"one"}]}"# }
        var run = VirtualRun(
            scripts: scripts, service: .botyard, load: LoadShape(users: 1), isReplay: true)
        run.adjust = adjust
        _ = try await run.against { stream, _ in
            while case let request = try await stream.receiveRequest(), !request.isEmpty {
                let lines = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
                let cookie = lines.first { $0.lowercased().hasPrefix("cookie:") }.map(String.init)
                let number = sent.withLock { sent in
                    sent.append(cookie ?? "")
                    return sent.count
                }
                let head =
                    "HTTP/1.1 500 X\r\nSet-Cookie: token=s\(number)\r\nContent-Length: 2\r\n\r\n{}"
                try await stream.send(Array(head.utf8))
            }
        }
        return sent.withLock(\.self)
    }

    @Test func anotherIdentityHasNoCookies() async throws {
        #expect(
            try await Self.cookies(["ana", "ben", "ben"]) == ["", "", "Cookie: token=s2"])
    }

    @Test func anotherCredentialHasNoCookies() async throws {
        let cookies = try await Self.cookies(["ana", "ana", "ana"]) { plan in
            plan.assignment = .roundRobin
            plan.credentials = ["a", "b"].compactMap { label in
                let service = try? ServiceDescription.botyard.configured([:], inSandbox: true)
                return service.map { Credential(label: label, service: $0) }
            }
        }
        #expect(cookies == ["", "", ""])
    }
}
