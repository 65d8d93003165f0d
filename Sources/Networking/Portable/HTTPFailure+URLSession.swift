extension HTTPFailure {
    /// What failed, of the code and the words of a `URLError`. Under Linux most have the code for
    /// an unknown reason, and libcurl's words, which are English everywhere.
    init(urlError code: Int, _ words: String, to host: String) {
        self =
            switch code {
            case -1003:
                .resolve(ResolveError(host: host, reason: "URLSession finds no address"))
            case -1004: .connect(.refused)
            case -1005: .receive(.reset)
            case -1011: .message(.closedEarly)
            case -1001: .connectTimeout
            case -999: .cancelled
            default: Self.known(by: words)
            }
    }

    private static func known(by words: String) -> HTTPFailure {
        for (sign, failure) in signs where words.contains(sign) { return failure }
        if words.contains("SSL") || words.contains("certificate") || words.contains("TLS") {
            return .tls(TLSFailure(kind(of: words), words))
        }
        return .message(.malformed("URLSession: " + words))
    }

    private static let signs: [(String, HTTPFailure)] = [
        ("the response is too large", .message(.tooLarge("the response is too large"))),
        // A line of the head that libcurl finds too long.
        ("Out of memory", .message(.tooLarge("a line of the head is too long"))),
        ("transfer closed with", .message(.closedEarly)),
        // The request's body would have to be sent once more over another connection.
        ("rewind", .message(.closedEarly)),
        ("seek callback", .message(.closedEarly)),
        ("Connection reset", .receive(.reset)),
        ("Broken pipe", .send(.reset)),
        ("No route to host", .connect(.unreachable)),
        ("Network is unreachable", .connect(.unreachable)),
        ("Failed to connect", .connect(.refused)),
        ("Couldn't connect", .connect(.refused)),
        ("Could not connect", .connect(.refused)),
        ("SSL_ERROR_SYSCALL", .handshake(.truncated)),
    ]

    private static func kind(of words: String) -> TLSFailure.Kind {
        let signs: [(String, TLSFailure.Kind)] = [
            ("subject name", .wrongHost), ("wrong version number", .plainText),
            ("http request", .plainHTTP), ("expired", .invalid), ("not yet valid", .invalid),
            ("certificate required", .wantsCertificate),
            ("certificate problem", .untrusted), ("issuer certificate", .untrusted),
        ]
        return signs.first { words.contains($0.0) }?.1 ?? .broken
    }
}
