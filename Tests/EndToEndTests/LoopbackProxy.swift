import Base
import Networking
import Support

/// A proxy on loopback that keeps what it is asked.
final class LoopbackProxy: Sendable {
    /// How it treats whoever connects.
    enum Manner: Sendable {
        case serves
        /// Answers everything with this status line.
        case refuses(String)
        /// Ends the connection instead of answering.
        case hangsUp
        /// Opens a tunnel and ends it at the first byte.
        case dies
    }

    let port: Int
    private let loop: EventLoop
    private let kept: Kept

    private final class Kept: Sendable {
        let requests = Locked<[String]>([])
    }

    init(_ manner: Manner = .serves) async throws {
        let loop = EventLoop(name: "proxy", poller: EpollPoller())
        loop.start()
        let kept = Kept()
        let peer = TestPeer(on: loop) { stream, loop in
            let request = String(decoding: try await stream.receiveRequest(), as: UTF8.self)
            kept.requests.withLock { $0.append(request) }
            switch manner {
            case .hangsUp: return
            case .refuses(let status):
                try await stream.send(Array("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n".utf8))
                var rest: [UInt8] = []
                _ = try await stream.receive(into: &rest)
            case .dies:
                try await stream.send(Self.opened)
                var rest: [UInt8] = []
                _ = try await stream.receive(into: &rest)
            case .serves:
                if request.hasPrefix("CONNECT ") {
                    try await Self.tunnel(request, from: stream, on: loop)
                } else {
                    try await Self.forward(request, from: stream, on: loop, kept)
                }
            }
        }
        self.loop = loop
        self.kept = kept
        port = try await peer.start().port
    }

    deinit { loop.stop() }

    /// All requests so far; of encrypted ones only that for the tunnel.
    var requests: [String] { kept.requests.withLock { $0 } }

    private static let opened = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)

    private static func tunnel(
        _ request: String, from client: Stream, on loop: EventLoop
    ) async throws {
        let origin = try await connect(to: request.split(separator: " ")[1], on: loop)
        try await client.send(opened)
        copyInBackground(from: origin, to: client, on: loop)
        await copy(from: client, to: origin)
    }

    private static func forward(
        _ first: String, from client: Stream, on loop: EventLoop, _ kept: Kept
    ) async throws {
        let authority = first.split(separator: "/", maxSplits: 3)[1]
        let origin = try await connect(to: authority, on: loop)
        copyInBackground(from: origin, to: client, on: loop)
        var request = first
        while !request.isEmpty {
            try await origin.send(Array(request.replacing("http://\(authority)", with: "").utf8))
            request = String(decoding: try await client.receiveRequest(), as: UTF8.self)
            let next = request
            kept.requests.withLock { $0.append(next) }
        }
        origin.close()
    }

    private static func connect(
        to authority: Substring, on loop: EventLoop
    ) async throws -> Stream {
        let parts = authority.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]),
            let address = SocketAddress(ip: String(parts[0]), port: port)
        else { throw Unavailable(what: "\(authority)") }
        return try await Stream.connect(to: address, on: loop, until: .never)
    }

    private static func copyInBackground(from: Stream, to: Stream, on loop: EventLoop) {
        // Both stay on the loop's thread.
        nonisolated(unsafe) let (from, to) = (from, to)
        Task(executorPreference: loop) { await copy(from: from, to: to) }
    }

    private static func copy(from: Stream, to: Stream) async {
        var bytes: [UInt8] = []
        while let count = try? await from.receive(into: &bytes), count > 0 {
            try? await to.send(bytes)
            bytes = []
        }
        to.close()
    }
}
