import Networking

/// All imitated services behind one port: from a request and the time to an answer and its delay.
/// It knows nothing of sockets.
struct SandboxServices {
    private let settings: SandboxSettings
    private var tamako: TamakoService
    private var botyard: BotyardService
    private var stammer: StammerService
    var counts = CountTable()

    /// Services started at `start` (since 1970).
    init(_ settings: SandboxSettings, start: Nanoseconds) {
        self.settings = settings
        tamako = TamakoService(settings)
        botyard = BotyardService(settings, start: start)
        stammer = StammerService(settings)
    }

    /// What has been received so far.
    var snapshot: SandboxCounts {
        var snapshot = counts.snapshot
        for (name, ledger) in [
            ("tamako", tamako.ledger), ("botyard", botyard.ledger), ("stammer", stammer.ledger),
        ] where !ledger.counts.isEmpty {
            snapshot.credentials[name] = ledger.counts
        }
        return snapshot
    }

    private enum Owner { case tamako, botyard, stammer, counts, nobody }

    /// Answers a request that arrived at the time `now` (since 1970), and counts it.
    mutating func answer(
        _ request: borrowing Request, at now: Nanoseconds, into response: inout Response
    ) {
        let route: Route
        switch owner(of: request) {
        case .tamako: route = tamako.answer(request, at: now, into: &response)
        case .botyard: route = botyard.answer(request, at: now, into: &response)
        case .stammer: route = stammer.answer(request, at: now, into: &response)
        case .counts:
            response.body.append(snapshot.json)
            route = .counts
        case .nobody:
            response.status = 404
            response.contentType = .plain
            response.body.append(fixed: "chatload sandbox: no service has this path\n")
            route = .unknown
        }
        counts.count(route, status: response.status)
    }

    /// Answers what is not a request; the connection ends with it.
    mutating func refuse(_ refusal: RequestParser.Refusal, into response: inout Response) {
        response.closes = true
        response.contentType = .plain
        switch refusal {
        case .malformed: response.status = 400
        case .headTooLarge: response.status = 431
        case .versionNotSupported: response.status = 505
        case .overloaded: response.status = 503
        case .bodyTooLarge:
            response.status = settings.isBotyardExact ? 500 : 413
            response.contentType = .json
            response.body.append(message: "Request Entity Too Large")
        }
        counts.count(.malformed, status: response.status)
    }

    private func owner(of request: borrowing Request) -> Owner {
        let bytes = request.bytes.span
        let path = request.path
        let start = path.lowerBound
        if bytes.matches("/api/", at: start) {
            return settings.tamako.isOffered ? .tamako : .nobody
        }
        if StammerService.owns(bytes, path) {
            return settings.stammer.isOffered ? .stammer : .nobody
        }
        if bytes.matches("/v1/", at: start) || bytes.matches("/static/", at: start)
            || bytes.equals("/", path)
        {
            return settings.botyard.isOffered ? .botyard : .nobody
        }
        let isCounts = bytes.equals("/_sandbox/counts", path) && request.isGet
        return isCounts ? .counts : .nobody
    }
}
