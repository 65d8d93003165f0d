import Base
import Networking
import Support

@testable import ChatloadKit

/// A service for tests that notes when requests came, by credential, and rejects those beyond a
/// limit: `limit` per `window`, in windows from its start.
final class LimitedPeer: Sendable {
    struct Arrival: Equatable {
        var at: Nanoseconds
        var credential: String
        var wasRejected: Bool
    }

    private struct Notes {
        var arrivals: [Arrival] = []
        /// What was let through, by credential and window.
        var used: [String: [Int64: Int]] = [:]
    }

    private let notes = Locked(Notes())
    let latency: Nanoseconds
    let limit: Int
    let window: Nanoseconds
    /// What a rejection says beside its status; gets the end of the window.
    let advice: @Sendable (_ left: Nanoseconds) -> String

    init(
        latency: Nanoseconds = .milliseconds(10), limit: Int = .max,
        window: Nanoseconds = .seconds(1),
        advice: @escaping @Sendable (Nanoseconds) -> String = { _ in "" }
    ) {
        self.latency = latency
        self.limit = limit
        self.window = window
        self.advice = advice
    }

    var all: [Arrival] { notes.withLock { $0.arrivals } }
    var accepted: [Arrival] { all.filter { !$0.wasRejected } }
    var rejected: Int { all.count { $0.wasRejected } }

    /// Serves one connection.
    func serve(_ stream: Networking.Stream, _ loop: EventLoop) async throws {
        while true {
            let request = String(decoding: try await stream.receiveRequest(), as: UTF8.self)
            if request.isEmpty { return }
            let now = loop.tick
            let response = respond(to: Self.credential(in: request), at: now)
            await loop.sleep(until: now + latency)
            try await stream.send(Array(response.utf8))
        }
    }

    /// The most requests within any span of time that begins with one.
    func most(within span: Nanoseconds, credential: String? = nil) -> Int {
        let times = accepted.filter { credential == nil || $0.credential == credential }.map(\.at)
        var first = 0
        var most = 0
        for (index, time) in times.enumerated() {
            while times[first] + span <= time { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    private func respond(to credential: String, at now: Nanoseconds) -> String {
        let number = now.count / window.count
        let left = Nanoseconds((number + 1) * window.count) - now
        let isFull = notes.withLock { notes in
            let used = notes.used[credential]?[number] ?? 0
            if used < limit { notes.used[credential, default: [:]][number] = used + 1 }
            notes.arrivals.append(
                Arrival(at: now, credential: credential, wasRejected: used >= limit))
            return used >= limit
        }
        if !isFull { return String(decoding: okResponse, as: UTF8.self) }
        return "HTTP/1.1 429 Too Many Requests\r\nX-RateLimit-Limit: \(limit)\r\n"
            + "Content-Length: 2\r\n\(advice(left))\r\n{}"
    }

    private static func credential(in request: String) -> String {
        guard let start = request.firstRange(of: "Authorization: Token ") else { return "" }
        return String(request[start.upperBound...].prefix { !$0.isNewline })
    }
}
