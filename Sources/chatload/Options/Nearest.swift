import ChatloadKit

/// Hints for somebody who typed a name that does not exist.
enum Nearest {
    /// The known name that was probably meant, as a question, or nil when nothing is near.
    static func hint(for typed: String, among candidates: [String]) -> String? {
        nearestName(to: typed, among: candidates).map { "did you mean \($0)?" }
    }
}
