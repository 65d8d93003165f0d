extension Figures {
    /// A round number of milliseconds as a mark of an axis: no more digits than it needs.
    static func roundDuration(_ milliseconds: Double) -> String {
        if milliseconds == 0 { return "0" }
        let units = [("µs", 0.001), ("ms", 1), ("s", 1_000), ("m", 60_000)]
        for (unit, scale) in units where milliseconds / scale < 999.5 {
            return "\(round(milliseconds / scale)) \(unit)"
        }
        return "\(round(milliseconds / 3_600_000)) h"
    }

    /// A number with at most three decimals, none of them an idle zero.
    static func round(_ value: Double) -> String {
        if value >= 1_000_000 { return "\(round(value / 1_000_000)) M" }
        var text = decimal(value, places: 3)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// A point in time in seconds since the run's start, written as fits a run of `length` seconds:
    /// `45 s`, `1:30` minutes, `2:05:00` hours.
    static func moment(_ seconds: Double, outOf length: Double) -> String {
        if length < 120 { return "\(round(seconds)) s" }
        guard seconds < 9e15 else { return missing }
        let whole = Int(seconds.rounded())
        let tail = "\(twoDigits(whole / 60 % 60)):\(twoDigits(whole % 60))"
        if length < 3_600 { return "\(whole / 60):\(twoDigits(whole % 60))" }
        return "\(whole / 3_600):\(tail)"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
