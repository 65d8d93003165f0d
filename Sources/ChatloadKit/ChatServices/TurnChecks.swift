extension ServiceName {
    /// What is wrong with a turn for this service by its table alone: an operation it does not
    /// have, attachments where none can go.
    func objection(to turn: Turn) -> String? {
        if case .call(let operation) = turn.action, !callable.contains(operation) {
            let names = callable.map(\.rawValue)
            if names.isEmpty {
                return "\(rawValue) has no operation \(operation.rawValue); it has only say"
            }
            let advice =
                nearestName(to: operation.rawValue, among: names).map { "did you mean \($0)?" }
                ?? "it has \(names.joined(separator: ", "))"
            return "\(rawValue) cannot be called for \(operation.rawValue); \(advice)"
        }
        if !turn.attachments.isEmpty, !takesAttachments(turn.action) {
            return self == .botyard
                ? "only say, messages.send and files.upload take attachments; remove attach"
                : "\(rawValue) takes no attachments; remove attach"
        }
        return nil
    }

    private func takesAttachments(_ action: Turn.Action) -> Bool {
        switch action {
        case .say: self == .botyard
        case .call(let operation): operation == .messagesSend || operation == .filesUpload
        }
    }
}

extension ServiceSettings {
    /// What is wrong with the parameters a script sets, told by making the service they ask for.
    func objection<Service>(
        toParameters conversation: [String: String], _ turn: [String: String],
        make: ([String: String], [String: String]) throws(SettingComplaint) -> Service
    ) -> String? {
        if conversation.isEmpty && turn.isEmpty { return nil }
        do throws(SettingComplaint) {
            _ = try make(conversation, turn)
            return nil
        } catch {
            return error.description
        }
    }
}
