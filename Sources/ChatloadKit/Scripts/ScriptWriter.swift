package import Base
import Networking

/// Writes conversations as lines of a workload: what `ScriptParser` reads back as the same.
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
        buffer.append("{")
        appendHead(of: conversation, to: &buffer)
        buffer.append("\"turns\":[")
        for index in conversation.turns.indices {
            if index > 0 { buffer.append(",") }
            append(
                conversation.turns[index], conversation.detail(ofTurn: index),
                isTemplate: conversation.usesVariables, to: &buffer)
            if let result {
                append(key: ",\"result\":", to: &buffer) { result(index, &$0) }
            }
            buffer.append("}")
        }
        buffer.append("]}\n")
    }

    /// Everything before `turns`, each member with its comma.
    private static func appendHead(
        of conversation: Conversation, to buffer: inout ByteBuffer
    ) {
        if conversation.hasOwnID { append("\"id\":", text: conversation.id, to: &buffer) }
        if let user = conversation.user { append("\"user\":", text: user, to: &buffer) }
        if conversation.weight != 1 {
            buffer.append("\"weight\":")
            buffer.append(decimal: conversation.weight)
            buffer.append(",")
        }
        if let at = conversation.at { append("\"at\":", text: Units.exact(at), to: &buffer) }
        if !conversation.with.isEmpty {
            let isTemplate = conversation.usesVariables
            append("\"with\":", conversation.with, isTemplate: isTemplate, to: &buffer)
            buffer.append(",")
        }
        if let system = conversation.system { append("\"system\":", text: system, to: &buffer) }
        if conversation.stopsOnFailure { buffer.append("\"on_fail\":\"stop\",") }
    }

    /// A turn without its closing brace.
    private static func append(
        _ turn: Turn, _ detail: TurnDetail?, isTemplate: Bool, to buffer: inout ByteBuffer
    ) {
        switch turn.action {
        case .say(let text):
            append("{\"say\":", quoted: template(text, isTemplate), to: &buffer)
        case .call(let operation):
            append("{\"call\":", quoted: operation, to: &buffer)
        }
        if !turn.attachments.isEmpty {
            let paths = turn.attachments.map { template($0, isTemplate) }
            append(",\"attach\":", paths, to: &buffer)
        }
        if let name = turn.name { append(",\"name\":", quoted: name, to: &buffer) }
        if let think = turn.think {
            append(",\"think\":", quoted: think.specification, to: &buffer)
        }
        if !turn.with.isEmpty {
            append(",\"with\":", turn.with, isTemplate: isTemplate, to: &buffer)
        }
        if let expect = detail?.expectSource { buffer.append(",\"expect\":" + expect) }
        if let capture = detail?.captureSource { buffer.append(",\"capture\":" + capture) }
        if let reply = turn.reply { append(",\"reply\":", quoted: reply, to: &buffer) }
        if let at = turn.at { append(",\"at\":", quoted: Units.exact(at), to: &buffer) }
        if let stops = turn.stopsOnFailure {
            append(",\"on_fail\":", quoted: stops ? "stop" : "continue", to: &buffer)
        }
    }

    /// A key and what `value` appends; neither when it appends nothing.
    private static func append(
        key: String, to buffer: inout ByteBuffer, value: (inout ByteBuffer) -> Void
    ) {
        let start = buffer.count
        buffer.append(key)
        let end = buffer.count
        value(&buffer)
        if buffer.count == end { buffer.truncate(to: start) }
    }

    /// What says a text: itself when it is a template.
    private static func template(_ text: String, _ isTemplate: Bool) -> String {
        isTemplate || !Variables.occur(in: text) ? text : Variables.quoted(text)
    }

    private static func append(_ key: String, text: String, to buffer: inout ByteBuffer) {
        append(key, quoted: text, to: &buffer)
        buffer.append(",")
    }

    private static func append(_ key: String, quoted text: String, to buffer: inout ByteBuffer) {
        buffer.append(key)
        buffer.append("\"")
        buffer.append(jsonEscaped: text)
        buffer.append("\"")
    }

    private static func append(
        _ key: String, _ parameters: [String: String], isTemplate: Bool, to buffer: inout ByteBuffer
    ) {
        buffer.append(key)
        for (place, parameter) in parameters.sorted(by: { $0.key < $1.key }).enumerated() {
            append(place == 0 ? "{" : ",", quoted: parameter.key, to: &buffer)
            append(":", quoted: template(parameter.value, isTemplate), to: &buffer)
        }
        buffer.append("}")
    }

    private static func append(_ key: String, _ texts: [String], to buffer: inout ByteBuffer) {
        buffer.append(key)
        for (place, text) in texts.enumerated() {
            append(place == 0 ? "[" : ",", quoted: text, to: &buffer)
        }
        buffer.append("]")
    }
}
