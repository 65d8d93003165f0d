import Networking

extension TamakoService {
    /// Adds where a credential stands, and refuses the request if it comes too early.
    ///
    /// No limit of the third generation is known. The headers are the fourth's, whose `Retry-After`
    /// is in minutes and seconds (`15:00`) and whose reset is a date as JavaScript prints it.
    func writeLimit(
        _ standing: CredentialLedger.Standing, at now: Nanoseconds, into response: inout Response
    ) {
        let reset = (now + standing.reset).wholeSeconds
        response.addHeader("X-RateLimit-Limit", "\(standing.limit.amount)")
        response.addHeader("X-RateLimit-Remaining", "\(standing.left)")
        response.addHeader("X-RateLimit-Reset", HTTPDate.javaScript(second: reset))
        guard standing.wait > .zero else { return }
        let wait = standing.wait.wholeSeconds
        response.status = 429
        response.addHeader(
            "Retry-After", "\(Self.twoDigits(wait / 60)):\(Self.twoDigits(wait % 60))")
        response.body.append(fixed: "{\"error\":true,\"message\":")
        response.body.append(json: "You are being rate limited: \(standing.limit)")
        response.body.append(fixed: "}")
    }

    private static func twoDigits(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
