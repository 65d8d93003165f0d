import Base
import Networking
import Support

/// A peer that answers every request with a function of its number, from 1, and keeps the requests.
final class AnsweringPeer: Sendable {
    /// A response in parts.
    struct Answer {
        var status = 200
        var body: String
        var after = Nanoseconds.zero

        /// Stammer's way of answering.
        static func saying(_ text: String, after: Nanoseconds = .zero) -> Answer {
            Answer(body: #"{"data":{"answer":"\#(text)","chat_id":42}}"#, after: after)
        }
    }

    private let answer: @Sendable (Int) -> Answer
    private let kept = Locked<[String]>([])

    init(_ answer: @escaping @Sendable (Int) -> Answer) { self.answer = answer }

    /// The requests so far, in the order in which they came.
    var requests: [String] { kept.withLock(\.self) }

    /// What was said in them.
    var queries: [String] {
        requests.map { request in
            let rest = request.split(separator: "\"query\":\"", maxSplits: 1).last ?? ""
            return String(rest.prefix { $0 != "\"" })
        }
    }

    /// Serves one connection.
    func serve(_ stream: Stream, _ loop: EventLoop) async throws {
        while case let request = try await stream.receiveRequest(), !request.isEmpty {
            let number = kept.withLock { requests in
                requests.append(String(decoding: request, as: UTF8.self))
                return requests.count
            }
            let answer = answer(number)
            await loop.sleep(until: loop.tick + answer.after)
            let head =
                "HTTP/1.1 \(answer.status) X\r\nContent-Length: \(answer.body.utf8.count)\r\n\r\n"
            try await stream.send(Array((head + answer.body).utf8))
        }
    }
}
