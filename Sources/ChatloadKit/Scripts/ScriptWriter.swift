package import Base

/// Writes conversations as lines of a workload: what `ElementParser` reads back as the same.
///
/// Keys that say nothing (a weight of 1, no think time) are left out, the others stand in the order
/// of the script reference.
package enum ScriptWriter {
    /// Appends one line with its line feed.
    ///
    /// - Parameters:
    ///   - conversation: texts without variables are written so that they are said as they are, even
    ///     where they look like variables.
    ///   - result: appends the JSON object that is to stand under `result` in the turn of this index,
    ///     or nothing for none.
    package static func append(
        _ conversation: Conversation, to buffer: inout ByteBuffer,
        result: ((_ turn: Int, _ buffer: inout ByteBuffer) -> Void)? = nil
    ) {
        let isTemplate = conversation.usesVariables
        buffer.append { line in
            appendHead(of: conversation, to: &line)
            line.append(key: "turns")
            line.append(array: conversation.turns.indices) { turns, index in
                let turn = conversation.turns[index]
                turns.append { object in
                    append(turn, conversation.detail(ofTurn: index), isTemplate, to: &object)
                    guard let result else { return }
                    let start = object.count
                    object.append(key: "result")
                    let end = object.count
                    result(index, &object)
                    if object.count == end { object.truncate(to: start) }
                }
            }
        }
        buffer.append("\n")
    }

    /// Everything before `turns`.
    private static func appendHead(of conversation: Conversation, to line: inout ByteBuffer) {
        if conversation.hasOwnID { line.append("id", conversation.id) }
        if let user = conversation.user { line.append("user", user) }
        if conversation.weight != 1 { line.append("weight", conversation.weight) }
        if let at = conversation.at { line.append("at", Units.exact(at)) }
        append(conversation.with, conversation.usesVariables, to: &line)
        if let system = conversation.system { line.append("system", system) }
        if conversation.stopsOnFailure { line.append("on_fail", "stop") }
    }

    /// A turn's members.
    private static func append(
        _ turn: Turn, _ detail: TurnDetail?, _ isTemplate: Bool, to object: inout ByteBuffer
    ) {
        switch turn.action {
        case .say(let text): object.append("say", template(text, isTemplate))
        case .call(let operation): object.append("call", operation)
        }
        if !turn.attachments.isEmpty {
            object.append("attach", turn.attachments.map { template($0, isTemplate) })
        }
        if let name = turn.name { object.append("name", name) }
        if let think = turn.think { object.append("think", think.specification) }
        append(turn.with, isTemplate, to: &object)
        if let expect = detail?.expectSource { object.append("expect", literal: expect) }
        if let capture = detail?.captureSource { object.append("capture", literal: capture) }
        if let reply = turn.reply { object.append("reply", reply) }
        if let at = turn.at { object.append("at", Units.exact(at)) }
        if let stops = turn.stopsOnFailure { object.append("on_fail", stops ? "stop" : "continue") }
    }

    /// What says a text: itself when it is a template.
    private static func template(_ text: String, _ isTemplate: Bool) -> String {
        isTemplate || !text.holdsVariables ? text : text.quotingVariables
    }

    /// `with`, unless it is empty; its keys in alphabetical order.
    private static func append(
        _ parameters: [String: String], _ isTemplate: Bool, to object: inout ByteBuffer
    ) {
        if parameters.isEmpty { return }
        object.append("with") { with in
            for (key, value) in parameters.sorted(by: { $0.key < $1.key }) {
                with.append(key, template(value, isTemplate))
            }
        }
    }
}
