import ChatloadKit

extension Reader where Value == Quota {
    /// `SCOPE:AMOUNT UNIT[/PERIOD][ burst N]`.
    static var quota: Reader {
        Reader { (text) throws(Refusal) in
            do throws(QuotaComplaint) {
                return try Quota(parsing: text)
            } catch {
                throw Refusal(
                    "\(Printable.quoted(text)) \(error.message)", hint: error.suggestion)
            }
        }
    }
}

extension Reader where Value == TokenEstimate {
    /// `chars:4`, `bytes:4`, `words` or `reported`. What is none is not shown: it may be a token of
    /// the other kind.
    static var tokens: Reader {
        Reader { (text) throws(Refusal) in
            if let estimate = TokenEstimate(parsing: text) { return estimate }
            throw Refusal(
                "is no way to count tokens",
                hint: "write chars:4, bytes:4, words or reported")
        }
    }
}
