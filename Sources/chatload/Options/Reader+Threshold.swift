import ChatloadKit

extension Reader where Value == Threshold {
    /// A limit on one figure of a summary.
    static var threshold: Reader {
        Reader { (text) throws(Refusal) in
            do throws(ThresholdComplaint) {
                return try Threshold(parsing: text)
            } catch {
                throw Refusal(
                    "\(Printable.quoted(text)) \(error.message)", hint: error.suggestion)
            }
        }
    }
}
