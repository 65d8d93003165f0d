import ChatloadKit

extension Reader where Value == Threshold {
    /// A limit on one figure of a summary.
    static var threshold: Reader {
        Reader { (text) throws(Refusal) in
            do throws(ThresholdComplaint) {
                return try Threshold(parsing: text)
            } catch {
                throw Refusal(error, of: text)
            }
        }
    }
}

extension Reader where Value == GoodputLimits {
    /// What a turn must keep to be a good one.
    static var goodput: Reader {
        Reader { (text) throws(Refusal) in
            do throws(ThresholdComplaint) {
                let limits = try GoodputLimits(parsing: text)
                try limits.requireMeasured()
                return limits
            } catch {
                throw Refusal(error, of: text)
            }
        }
    }
}

extension Refusal {
    fileprivate init(_ complaint: ThresholdComplaint, of text: String) {
        self.init(
            "\(Printable.quoted(text)) \(complaint.message)", hint: complaint.suggestion)
    }
}
