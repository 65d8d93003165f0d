import Networking

extension StammerService {
    /// What a request's credentials lack.
    struct Unauthenticated: Error {
        var text: String
    }

    /// Whose request it is, or what its `Authorization` header lacks. A scheme other than `Token`
    /// counts as no header.
    func authenticate(_ request: borrowing Request) -> Result<HashedKey, Unauthenticated> {
        func complaint(_ text: String) -> Result<HashedKey, Unauthenticated> {
            .failure(Unauthenticated(text: text))
        }
        let bytes = request.bytes.span
        guard let header = request.fields.authorization, header.count >= 5,
            bytes.equalsIgnoringCase("token", header.lowerBound..<header.lowerBound + 5),
            header.count == 5 || bytes[header.lowerBound + 5] == 0x20
        else { return complaint("Authentication credentials were not provided.") }
        var token = min(header.lowerBound + 6, header.upperBound)..<header.upperBound
        while let first = token.first, bytes[first] == 0x20 { token.removeFirst() }
        if token.isEmpty { return complaint("Invalid token header. No credentials provided.") }
        if token.contains(where: { bytes[$0] == 0x20 }) {
            return complaint("Invalid token header. Token string should not contain spaces.")
        }
        let text = bytes.extracting(token)
        guard credentials.takesStammer(text) else { return complaint("Invalid token.") }
        return .success(HashedKey(text, Span()))
    }

    /// The framework's answer to a credential that asks too often.
    func throttle(_ wait: Nanoseconds, into response: inout Response) {
        let seconds = wait.wholeSeconds
        response.addHeader("Retry-After", "\(seconds)")
        detail(
            "Request was throttled. Expected available in \(seconds) "
                + (seconds == 1 ? "second." : "seconds."),
            status: 429, into: &response)
    }
}

extension Nanoseconds {
    /// The seconds, begun ones included.
    var wholeSeconds: Int64 { count / 1_000_000_000 + (count % 1_000_000_000 > 0 ? 1 : 0) }
}
