import Networking

/// Saying something to a bot and waiting for its reply, as the official web client does.
extension Botyard {
    /// What the service made of an own message.
    struct Sent {
        let id: String
        /// Unix milliseconds by the service's clock.
        let timestamp: Int
    }

    func say(
        _ text: String, attaching paths: [String], in session: Session,
        over line: some ChatLine
    ) async throws(ExchangeFailure) {
        try await openChat(in: session, over: line)
        let files = try await upload(paths, in: session, over: line)
        let sent = try await send(.say, text, attaching: files, in: session, over: line)
        try await awaitReply(to: sent, in: session, over: line)
    }

    func send(
        _ operation: Operation, _ text: String, attaching files: [String],
        in session: Session, over line: some ChatLine
    ) async throws(ExchangeFailure) -> Sent {
        let chat = settings["chat"] ?? session.chatID
        return try await exchange(
            operation, prompt: operation == .say ? text : "", in: session, over: line,
            build: {
                routes.writeMessage(text, attaching: files, in: chat, to: &$0, over: line)
            },
            read: { (body, reception) throws(ExchangeFailure) in
                if operation != .say { reception.reply.append(body) }
                return try readSent(body)
            })
    }

    /// The files' ids; nothing is sent when there are none.
    func upload(
        _ paths: [String], in session: Session, over line: some ChatLine,
        keepingBody: Bool = false
    ) async throws(ExchangeFailure) -> [String] {
        if paths.isEmpty { return [] }
        let form = try Attachment.form(of: paths)
        return try await exchange(
            .filesUpload, in: session, over: line,
            build: { routes.writeUpload(form, to: &$0, over: line) },
            read: { (body, reception) throws(ExchangeFailure) in
                if keepingBody { reception.reply.append(body) }
                return try readList(body).map(\.id)
            })
    }

    /// Polls until the bot's newest message is one that was not there before.
    ///
    /// The service's `since` excludes its own millisecond in production, although documented as
    /// "from which"; looking `overlap` further back finds a reply of the same millisecond, and the
    /// reply before is told from it by its id.
    private func awaitReply(
        to sent: Sent, in session: Session, over line: some ChatLine
    ) async throws(ExchangeFailure) {
        let (since, overflow) = sent.timestamp.subtractingReportingOverflow(
            polling.overlapMilliseconds)
        let query = MessageQuery(
            chat: settings["chat"] ?? session.chatID, sender: session.botID, page: 1, limit: 1,
            since: overflow ? 0 : max(since, 0))
        for poll in 0..<polling.count {
            try await line.pause(poll == 0 ? polling.first : polling.every)
            let (own, last) = (session.userID, session.lastReply)
            let reply = try await exchange(
                .poll, in: session, over: line,
                build: { routes.writeMessages(query, to: &$0, over: line) },
                read: { (body, reception) throws(ExchangeFailure) in
                    let reply = try readReply(body, from: own, after: last, into: &reception)
                    guard reply != nil || poll + 1 < polling.count else {
                        throw ExchangeFailure(.noReply, "no reply after \(polling.count) polls")
                    }
                    return reply
                })
            if let reply {
                session.lastReply = reply
                return
            }
        }
    }
}
