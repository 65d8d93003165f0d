import Base

@testable import ChatloadKit

/// What a made-up reply has of a stream, by its own random numbers.
enum SyntheticStream {
    static let finishes = ["stop", "length", "tool_calls", "", "=odd, \"end\"", "content_filter"]

    static func fill(_ exchange: inout Exchange, _ random: inout SeededRandom) {
        let kind = random.next(upperBound: UInt64(10))
        if exchange.outcome != .ok, kind < 4 {
            exchange.outcome = .failed(.http4xx)
            exchange.detail = "context length: 9000 tokens > 8192"
            return
        }
        guard let sent = exchange.sent, kind > 1 else {
            if kind == 0 { exchange.stream = .onePiece }
            return
        }
        exchange.reading =
            random.unit() < 0.1 ? .late(.milliseconds(4), merged: 1) : .late(.zero, merged: 0)
        var output = ReplyOutput()
        (output.isAskedFor, output.isStreamed) = (true, true)
        output.hasTerminator = random.unit() > 0.05
        output.finish = finishes[Int(random.next(upperBound: UInt64(finishes.count)))]
        let count = kind == 2 ? 0 : Int(random.next(upperBound: UInt64(40)))
        var time = sent + Nanoseconds(seconds: random.logNormal(median: 0.3, sigma: 0.4))
        for number in 0..<count {
            // Some pieces come together with the one before, or all of them do.
            if random.unit() > (kind == 4 ? 1 : 0.1) {
                time = time + Nanoseconds(seconds: random.logNormal(median: 0.02, sigma: 0.5))
            }
            output.take(number < 5 && kind == 3 ? .reasoning : .answer, at: time)
        }
        if random.unit() < 0.3 { output.firstTokens = 1 + count % 3 }
        if kind == 3 { output.reasoningTokens = 5 }
        if random.unit() < 0.5 { output.cachedTokens = exchange.promptTokens / 2 }
        exchange.end = max(exchange.end, time + .milliseconds(3))
        exchange.take(output, since: .zero)
        // No log says it.
        exchange.reading = .unknown
        exchange.replyTokens = count * 2
        if kind != 2 { exchange.askedReply = 40 }
        if kind > 4 { exchange.askedPrompt = exchange.promptTokens + count % 5 - 2 }
    }
}
