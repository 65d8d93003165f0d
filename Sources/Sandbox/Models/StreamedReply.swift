import Base
import Networking

/// Streamed reply: the frames of one answer, and when each is due by a clock that begins with the
/// request. It knows nothing of sockets, and a frame of it allocates nothing.
struct StreamedReply {
    /// A part of a reply: frames of one kind behind each other.
    struct Part {
        /// What a part is for.
        enum Role {
            /// What comes before the first token.
            case opening
            /// Tokens of reasoning, and of the answer.
            case reasoning, answer
            /// What stands between the two.
            case between
            /// That the text has ended, and why.
            case finish
            case usage
            /// That the stream has ended.
            case terminator
        }

        var role: Role
        var template: FrameTemplate
        /// The tokens that its frames carry; a part without any is one frame.
        var tokens = 0
    }

    /// What becomes of the connection behind the last frame.
    enum Ending: Equatable {
        /// The body ends, and the connection goes on.
        case whole
        /// The connection is closed in the middle of the body.
        case closed
        /// Nothing more comes, and the connection stays open.
        case silent
    }

    /// What the head says the body is.
    let mediaType: String
    /// What follows.
    var parts: [Part]
    var ending = Ending.whole
    /// Whether each frame is a chunk of the body; where not, the body ends with the connection.
    var isChunked = true
    /// How the frames look that are not as they should be; nil for none.
    var fault: InjectedFault?
    /// When the next frame is due, counted from the request; nil behind the last.
    private(set) var due: Nanoseconds?

    private let pacing: Pacing
    private let promptTokens: Int
    private var random: SeededRandom
    private var clock: TokenClock
    private var thought: GeneratedText
    private var answer: GeneratedText
    private var part = 0
    /// The tokens that are left of the part.
    private var rest = 0
    /// The tokens that the next frame carries.
    private var size = 0
    private var frames = 0

    /// What was generated, as a stream of these parts.
    init(_ generation: borrowing Generation, mediaType: String, parts: [Part]) {
        self.mediaType = mediaType
        self.parts = parts
        pacing = generation.pacing
        promptTokens = generation.promptTokens
        random = generation.random
        clock = TokenClock(first: generation.firstToken)
        thought = generation.thought
        answer = generation.answer
        part = -1
    }

    /// Makes the first frame the next.
    mutating func begin() { enterPart() }

    /// Appends the frame that is due and goes on to the next.
    ///
    /// - Parameter running: how many replies are under way.
    /// - Returns: how many tokens it carries.
    mutating func write(to buffer: inout ByteBuffer, running: Int) -> Int {
        guard due != nil, parts.indices.contains(part) else { return 0 }
        let tokens = clock.tokens
        let isThought = parts[part].role == .reasoning
        let template = parts[part].template
        template.render(to: &buffer) { slot, buffer in
            switch slot {
            case .text where isThought: thought.append(size, to: &buffer)
            case .text: answer.append(size, to: &buffer)
            case .replyTokens: buffer.append(decimal: tokens)
            case .allTokens: buffer.append(decimal: tokens + promptTokens)
            case .number: buffer.append(decimal: frames)
            }
        }
        let carried = size
        frames += 1
        rest -= size
        if rest > 0 { takeTokens(running: running) } else { enterPart(running: running) }
        return carried
    }

    private mutating func enterPart(running: Int = 0) {
        part += 1
        guard part < parts.count else {
            due = nil
            return
        }
        rest = parts[part].tokens
        if rest > 0 { return takeTokens(running: running) }
        size = 0
        switch parts[part].role {
        case .opening: due = min(pacing.roleFirst ?? clock.time, clock.time)
        case .usage: due = clock.time + pacing.lateUsage
        default: due = max(due ?? .zero, clock.time)
        }
    }

    private mutating func takeTokens(running: Int) {
        size = clock.nextFrame(of: rest, pacing, using: &random)
        clock.pass(size, pacing, running: running, using: &random)
        due = clock.time
    }
}
