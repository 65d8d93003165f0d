import Base
import Networking

/// State of a conversation that is being played: the values of its script's variables, and how its
/// turn has turned out so far. Only scripts that have something to fill in or to check need one.
/// Confined to its worker.
final class ConversationState {
    private let script: CompiledScript
    private var values: VariableValues
    /// Why nothing can be played.
    private var problem: ExchangeFailure?
    /// What the turn checks and captures; nil when that is nothing.
    private var check: TurnDetail?
    /// Whether the reply has been looked at and nothing has been said of it yet.
    private var owesVerdict = false
    /// What is wrong with the reply of the turn.
    private var finding: ExchangeFailure?
    /// Whether the turn has failed the way its script expects.
    private(set) var isContent = false

    /// The state of a conversation that begins, with the values of the data's columns.
    init(
        _ script: CompiledScript, identity: String, iteration: Int,
        row: Result<[String], ExchangeFailure>?
    ) {
        self.script = script
        values = VariableValues(
            of: script.conversation, identity: identity, ticket: iteration, row: row)
    }

    /// Fills in what turns are told about the conversation.
    func fill(_ context: inout ConversationContext) {
        do throws(ExchangeFailure) {
            try script.conversation.fill(&context.with, with: values)
        } catch {
            problem = error
        }
    }

    /// Fills in the turn at an index of the script.
    ///
    /// - Throws: a `script` failure that names a variable without a value.
    @inline(never)
    func prepare(_ turns: inout [Turn], at index: Int) throws(ExchangeFailure) {
        let detail = script.conversation.detail(ofTurn: index)
        check = detail?.checksReply == true ? detail : nil
        owesVerdict = false
        finding = nil
        isContent = false
        if let problem { throw problem }
        values.begin(turn: index + 1)
        if detail?.hasTemplates == true {
            turns[index] = try script.conversation.turn(at: index, with: values)
        }
    }

    /// Looks at a response before its bytes are gone, if it is the one that the turn is about: the
    /// one that brings the reply to what was said, or answers what was called.
    @inline(never)
    func look(
        at body: Span<UInt8>, _ status: Int, _ reply: borrowing ParsedReply, isOwn: Bool,
        isSaid: Bool, hiding mask: @autoclosure () -> SecretMask
    ) {
        if reply.deliversReply, script.usesReply { values.take(reply: reply.text.text) }
        guard let check, reply.deliversReply || isOwn && !isSaid else { return }
        let replyCheck = ReplyCheck(detail: check, mask: mask(), status: status)
        owesVerdict = true
        finding =
            reply.deliversReply
            ? replyCheck.failure(of: reply.text.bytes.span, in: body, values: &values)
            : replyCheck.failure(of: body, in: body, values: &values)
    }

    /// Whether the turn's own response has a status that is no success and that the script expects:
    /// then its body is looked at as the reply.
    @inline(never)
    func expects(
        _ failure: ExchangeFailure, _ status: Int, _ body: Span<UInt8>,
        hiding mask: @autoclosure () -> SecretMask
    ) -> Bool {
        guard let check, let wanted = check.expectation?.status, wanted.contains(status),
            failure.errorClass == ErrorClass(status: status)
        else { return false }
        isContent = true
        owesVerdict = true
        finding = ReplyCheck(detail: check, mask: mask(), status: status)
            .failure(of: body, in: body, values: &values)
        return true
    }

    /// What the reply that was looked at has been found to hold.
    var findings: [WitnessedFinding] {
        guard owesVerdict, let check else { return [] }
        let expected: [WitnessedFinding] = check.expectation == nil || finding != nil ? [] : [.met]
        return expected
            + check.captures.compactMap { capture in
                values.value(at: capture.place).map { .captured(capture.name, $0) }
            }
    }

    /// What is wrong with the exchange that has just ended, if it was the one that was looked at.
    func verdict(onReplyAfter time: Nanoseconds, hiding mask: @autoclosure () -> SecretMask)
        -> ExchangeFailure?
    {
        guard owesVerdict, let check else { return nil }
        owesVerdict = false
        return finding
            ?? ReplyCheck(detail: check, mask: mask(), status: nil).failure(ofReplyAfter: time)
    }
}
