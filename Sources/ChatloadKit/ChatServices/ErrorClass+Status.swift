extension ErrorClass {
    /// The class of a response with this status; nil for a success (2xx).
    ///
    /// 529 is how overloaded services outside the standard say 429.
    init?(status: Int) {
        switch status {
        case 200...299: return nil
        case 429, 529: self = .rejected
        case 400...499: self = .http4xx
        case 500...599: self = .http5xx
        default: self = .httpUnexpected
        }
    }
}
