/// What stdout gets.
enum OutputFormat: String, CaseIterable, Sendable {
    case text, json
}
