import Networking

/// What a user was given to be known by, and what keeps it out of what is written.
extension UserLine {
    /// Gives the session the cookies that a head sets; all of them are its secrets, also those that
    /// are not for it.
    func takeCookies(_ rawHead: Span<UInt8>, after build: (inout ByteBuffer) -> Void) {
        let secrets = session ?? SessionSecrets(spent: worker.spent)
        session = secrets
        HeaderFields.forEachSetCookie(in: rawHead) { field in
            guard let cookie = SetCookie(field) else { return }
            secrets.note(
                name: field.extracting(cookie.name), value: field.extracting(cookie.value))
            var origin = CookieOrigin(
                host: worker.cookieHost, isSecure: worker.isSecure, now: loop.tick,
                wallClock: wallClock)
            // Nobody keeps requests; few cookies leave open what they are for.
            if cookie.path == nil {
                var request = ByteBuffer()
                build(&request)
                origin.requestPath = CookieOrigin.path(ofRequest: request.bytes.span)
            }
            cookies.update(cookie, of: field, from: origin)
        }
    }

    /// Keeps what a head says of the service's limits, which may name one of the session's cookies.
    func noteLimits(_ rawHead: Span<UInt8>) {
        let credential = gate?.credential ?? 0
        recorder.limits.note(rawHead, of: credential, at: loop.tick)
        if let session { recorder.limitSessions[credential] = session }
    }

    /// Seconds since 1970; nil when unknown.
    var wallClock: Int64? {
        worker.wallStart.map { $0 + (loop.tick - epoch).count / 1_000_000_000 }
    }

    /// What takes secrets out of texts of this session.
    var mask: SecretMask { SecretMask(secrets: worker.secrets, session: session) }
}
