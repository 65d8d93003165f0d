package import Base

/// Pacing of the imitated model services: when their tokens come, and how many.
package struct Pacing: Sendable, Equatable {
    /// The time from a request to its first token, without what reading the prompt takes.
    package var firstToken = LatencyModel.logNormal(median: .milliseconds(300), sigma: 0.4)
    /// The time from a token to the next.
    package var perToken = LatencyModel.logNormal(median: .milliseconds(20), sigma: 0.2)
    /// How many tokens an answer has, at least one, unless the request bounds it.
    package var replyTokens = CountModel.logNormal(median: 120, sigma: 0.6)
    /// How many tokens come in one frame, at least one; they come when the last is there.
    package var frameTokens = CountModel.fixed(1)
    /// How many prompt tokens are read in a second before the first token can come; nil for any number
    /// in no time.
    package var prefill: Double?
    /// How many tokens of reasoning come before the answer.
    package var reasoningTokens = CountModel.fixed(0)
    /// What many replies at once cost each; nil for nothing.
    package var batch: Batch?
    /// How many tokens a block of the prefix cache has; nil without a cache.
    package var cacheBlock: Int?
    /// How long after the last token the frame with the usage comes.
    package var lateUsage = Nanoseconds.zero
    /// When the frames come that carry no token yet, counted from the request; nil for with the first
    /// token, which they never come after.
    package var roleFirst: Nanoseconds?
    /// How many tokens prompt and reply may have together; nil for any number.
    package var context: Int?

    /// A model that thinks for a third of a second and writes fifty tokens in one.
    package init() {}

    /// When the last of a reply's tokens is there, drawn as a stream's are, while so many replies are
    /// under way.
    func end(
        of tokens: Int, first: Nanoseconds, running: Int, using random: inout SeededRandom
    ) -> Nanoseconds {
        var clock = Clock(first: first)
        while clock.tokens < tokens {
            let size = clock.nextFrame(of: tokens - clock.tokens, self, using: &random)
            clock.pass(size, self, running: running, using: &random)
        }
        return clock.time
    }
}

extension Pacing {
    /// Batch: how much longer every gap between frames gets by each reply under way beyond what
    /// the model can do at once.
    package struct Batch: Sendable, Equatable {
        /// So many replies at once cost nothing.
        package let size: Int
        /// What each further one adds to every gap.
        package let penalty: Nanoseconds

        /// The penalty written as `64:1.5ms`; nil for everything else.
        package init?(parsing text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let size = Int(parts[0]), size >= 0,
                let penalty = Units.parseDuration(String(parts[1]))
            else { return nil }
            self.size = size
            self.penalty = penalty
        }

        /// What a gap gets longer by while so many replies are under way.
        func delay(running: Int) -> Nanoseconds {
            running > size ? penalty * Int64(clamping: running - size) : .zero
        }
    }

    /// Clock of a reply: when a reply's tokens are there, in absolute times counted from the request.
    struct Clock {
        /// When the latest token was there; before the first, when that will be.
        private(set) var time: Nanoseconds
        /// How many tokens have been there.
        private(set) var tokens = 0

        /// The clock of a reply whose first token is there at this time.
        init(first: Nanoseconds) { time = first }

        /// How many of `rest` tokens the next frame carries.
        func nextFrame(
            of rest: Int, _ pacing: Pacing, using random: inout SeededRandom
        ) -> Int {
            min(max(pacing.frameTokens.draw(using: &random), 1), rest)
        }

        /// Goes on to when the next frame's tokens are there: those of the first are at the first token's
        /// time.
        mutating func pass(
            _ count: Int, _ pacing: Pacing, running: Int, using random: inout SeededRandom
        ) {
            if tokens > 0 {
                for _ in 0..<count { time = time + pacing.perToken.draw(using: &random) }
                time = time + (pacing.batch?.delay(running: running) ?? .zero)
            }
            tokens += count
        }
    }
}
