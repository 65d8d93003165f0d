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

    /// How frames are told apart.
    enum Framing: Equatable {
        /// Server-sent events.
        case events
        /// A line each.
        case lines
        /// Elements of one array.
        case array

        /// What the head says the body is.
        fileprivate var mediaType: String {
            switch self {
            case .events: "text/event-stream; charset=utf-8"
            case .lines: "application/x-ndjson"
            case .array: "application/json; charset=UTF-8"
            }
        }
    }

    let framing: Framing
    /// What the head says the body is.
    var mediaType: String
    /// What follows.
    var parts: [Part]
    var ending = Ending.whole
    /// Whether each frame is a chunk of the body; where not, the body ends with the connection.
    var isChunked = true
    /// How the frames look that are not as they should be; nil for none.
    var fault: InjectedFault?
    /// Before then nothing leaves.
    var floor = Nanoseconds.zero
    /// When the next frame is due, counted from the request; nil behind the last.
    var due: Nanoseconds? { planned.map { max($0, floor) } }

    private var planned: Nanoseconds?

    private let pacing: Pacing
    /// Whether some frame tells the usage.
    let tellsUsage: Bool
    private let promptTokens: Int
    private let reasoningTokens: Int
    private var random: SeededRandom
    private var clock: Pacing.Clock
    private var thought: GeneratedText
    private var answer: GeneratedText
    private var part = 0
    /// The tokens that are left of the part.
    private var rest = 0
    /// The tokens that the next frame carries.
    private var size = 0
    private var frames = 0
    /// The frames so far that carried tokens.
    private(set) var outputFrames = 0

    /// What was generated, as a stream of these parts.
    init(_ generation: borrowing Generation, _ framing: Framing, _ parts: [Part]) {
        self.framing = framing
        mediaType = framing.mediaType
        self.parts = parts
        pacing = generation.pacing
        tellsUsage = generation.includesUsage || generation.countsInFrames
        promptTokens = generation.promptTokens
        reasoningTokens = generation.reasoningTokens
        random = generation.random
        clock = Pacing.Clock(first: generation.firstToken)
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
        guard planned != nil, parts.indices.contains(part) else { return 0 }
        let tokens = clock.tokens
        let isThought = parts[part].role == .reasoning
        let template = parts[part].template
        template.render(to: &buffer) { slot, buffer in
            switch slot {
            case .text:
                if fault == .utf8Split, size > 0, outputFrames == 1 { buffer.append(byte: 0xA9) }
                if isThought {
                    thought.append(size, to: &buffer)
                } else {
                    answer.append(size, to: &buffer)
                }
                if fault == .utf8Split, size > 0, outputFrames == 0 { buffer.append(byte: 0xC3) }
            case .replyTokens: buffer.append(decimal: tokens)
            case .answerTokens: buffer.append(decimal: max(tokens - reasoningTokens, 0))
            case .allTokens: buffer.append(decimal: tokens + promptTokens)
            case .number: buffer.append(decimal: frames)
            }
        }
        if fault != nil { vary(&buffer, number: frames) }
        let carried = size
        frames += 1
        outputFrames += carried > 0 ? 1 : 0
        rest -= size
        if rest > 0 { takeTokens(running: running) } else { enterPart(running: running) }
        return carried
    }

    private mutating func enterPart(running: Int = 0) {
        part += 1
        guard part < parts.count else {
            planned = nil
            return
        }
        rest = parts[part].tokens
        if rest > 0 { return takeTokens(running: running) }
        size = 0
        switch parts[part].role {
        case .opening: planned = min(pacing.roleFirst ?? clock.time, clock.time)
        case .usage: planned = clock.time + pacing.lateUsage
        default: planned = max(planned ?? .zero, clock.time)
        }
    }

    private mutating func takeTokens(running: Int) {
        size = clock.nextFrame(of: rest, pacing, using: &random)
        clock.pass(size, pacing, running: running, using: &random)
        planned = clock.time
    }
}
