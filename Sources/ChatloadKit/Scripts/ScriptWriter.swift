package import Base

/// Writes conversations as lines of a workload: what `ElementParser` reads back as the same.
///
/// Keys that say nothing (a weight of 1, no think time) are left out, the others stand in the order
/// of the script reference.
extension Conversation {
    /// Appends one line with its line feed; texts without variables are written so that they are said
    /// as they are, even where they look like variables.
    ///
    /// - Parameter result: appends the JSON object that is to stand under `result` in the turn of this
    ///   index, or nothing for none.
    package func append(
        to buffer: inout ByteBuffer,
        result: ((_ turn: Int, _ buffer: inout ByteBuffer) -> Void)? = nil
    ) {
        buffer.append { line in
            appendHead(to: &line)
            line.append(key: "turns")
            line.append(array: turns.indices) { objects, index in
                objects.append { object in
                    append(turns[index], detail(ofTurn: index), to: &object)
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
    private func appendHead(to line: inout ByteBuffer) {
        if hasOwnID { line.append("id", id) }
        if let user { line.append("user", user) }
        if weight != 1 { line.append("weight", weight) }
        if let at { line.append("at", Units.exact(at)) }
        append(with, to: &line)
        if let system { line.append("system", system) }
        if stopsOnFailure { line.append("on_fail", "stop") }
    }

    /// A turn's members.
    private func append(_ turn: Turn, _ detail: TurnDetail?, to object: inout ByteBuffer) {
        switch turn.action {
        case .say(let text): object.append("say", template(text))
        case .call(let operation): object.append("call", operation)
        }
        if !turn.attachments.isEmpty {
            object.append("attach", turn.attachments.map { template($0) })
        }
        if let name = turn.name { object.append("name", name) }
        if let think = turn.think { object.append("think", think.specification) }
        append(turn.with, to: &object)
        if let expect = detail?.expectSource { object.append("expect", literal: expect) }
        if let capture = detail?.captureSource { object.append("capture", literal: capture) }
        if let reply = turn.reply { object.append("reply", reply) }
        if let at = turn.at { object.append("at", Units.exact(at)) }
        if let stops = turn.stopsOnFailure { object.append("on_fail", stops ? "stop" : "continue") }
    }

    /// What says a text: itself when it is a template.
    private func template(_ text: String) -> String {
        usesVariables || !text.holdsVariables ? text : text.quotingVariables
    }

    /// `with`, unless it is empty; its keys in alphabetical order.
    private func append(_ parameters: [String: String], to object: inout ByteBuffer) {
        if parameters.isEmpty { return }
        object.append("with") { with in
            for (key, value) in parameters.sorted(by: { $0.key < $1.key }) {
                with.append(key, template(value))
            }
        }
    }
}
