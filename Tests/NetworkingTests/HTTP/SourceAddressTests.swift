import Glibc
import Support
import Testing

@testable import Base
@testable import Networking

/// Where connections come from.
@Suite struct SourceAddressTests {
    @Test(arguments: ["127.0.0.2", "127.0.0.3"])
    func connectionsComeFromTheirSource(ip: String) async throws {
        let seen = try await onRealLoop { loop in
            let peer = Self.peer(on: loop)
            let client = try await Client(
                on: loop, to: peer.start(), from: SocketAddress(ip: ip, port: 0))
            let outcome = await client.ask()
            await peer.stop()
            return outcome
        }
        #expect(seen == .reply(200, ip))
    }

    /// Only addresses that the source can reach are tried, whatever a name has.
    @Test func addressesOfAnotherFamilyAreLeftOut() async throws {
        let outcomes = try await onRealLoop { loop in
            let peer = Self.peer(on: loop)
            let address = try await peer.start()
            let other = try #require(SocketAddress(ip: "::1", port: address.port))
            let source = SocketAddress(ip: "127.0.0.2", port: 0)
            let origins = [[other, address], [other]].map { addresses in
                HTTPOrigin(
                    host: "chat.test", port: address.port, connectTimeout: .seconds(5), loop: loop,
                    lookUp: { _, _ in .success(addresses) })
            }
            var outcomes: [Outcome] = []
            for origin in origins {
                outcomes.append(await Client(origin, on: loop, from: source).ask())
            }
            await peer.stop()
            return outcomes
        }
        #expect(outcomes == [.reply(200, "127.0.0.2"), .failure(.connect(.wrongFamily))])
    }

    /// A peer that answers with the address it is asked from.
    private static func peer(on loop: EventLoop) -> TestPeer {
        TestPeer(on: loop) { stream, _ in
            _ = try await stream.receiveRequest()
            let address = SocketAddress.filled { getpeername(stream.descriptor, $0, $1) }
            try await stream.send(response(address?.ip ?? "unknown"))
        }
    }
}
