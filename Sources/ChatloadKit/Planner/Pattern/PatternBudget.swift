/// How much work searches may still take before they are given up, in steps of some five to ten nanoseconds.
///
/// Counted and not timed, so that the same reply has the same outcome on every machine.
package struct PatternBudget: Sendable, Equatable {
    /// Searches would have taken more than they may.
    package struct Exceeded: Error, Equatable {}

    /// What all patterns of one reply may take together: some 20 ms of a slow core, so that nobody
    /// else's exchange waits long for it.
    package static let forReply = PatternBudget(2_500_000)

    /// What is left.
    package private(set) var left: Int

    /// A budget of so many steps.
    package init(_ steps: Int) { left = steps }

    /// Takes steps off that have been taken already.
    mutating func note(_ steps: Int) { left -= steps }

    /// Takes steps off.
    ///
    /// - Throws: when there are not so many.
    mutating func spend(_ steps: Int) throws(Exceeded) {
        left -= steps
        if left < 0 { throw Exceeded() }
    }
}
