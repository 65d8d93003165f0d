/// Collects what is written.
/// Used by one thread only.
final class Written: @unchecked Sendable {
    var texts: [String] = []
    func add(_ text: String) { texts.append(text) }
}
