import Base
import Sandbox

/// Pacing options: when the tokens of the sandbox's services that generate text come, and how many.
/// Both the sandbox of a run and that of `serve` have them.
struct PacingOptions: OptionSubject, Sendable {
    var pacing = Pacing()
    /// The name of the first option that was given; nil for none.
    var given: String?

    static let rows: [OptionRow<Self>] = [
        row(
            "ttft", "SPEC", .latency, into: \.firstToken,
            "sandbox streams: time to the first token, written as 300ms,"
                + " uniform:200ms,400ms, lognormal:MEDIAN,SIGMA or exponential:MEAN"),
        row(
            "tpot", "SPEC", .latency, into: \.perToken,
            "sandbox streams: time from a token to the next; a whole reply takes as"
                + " long as its stream"),
        row(
            "reply-tokens", "SPEC", .counts, into: \.replyTokens,
            "sandbox streams: tokens of an answer, unless the request asks for less or"
                + " pins them"),
        row(
            "frame", "SPEC", .counts, into: \.frameTokens,
            "sandbox streams: tokens in a frame, such as uniform:1,5"),
        row(
            "prefill", "N", .prefill, into: \.prefill, default: "(in no time)",
            "sandbox streams: prompt tokens read in a second before the first token"
                + " comes: 20000 or 20000tokens/s"),
        row(
            "reasoning", "SPEC", .counts, into: \.reasoningTokens,
            "sandbox streams: tokens of reasoning before the answer"),
        row(
            "batch", "N:T", .batch, into: \.batch,
            "sandbox streams: each reply under way beyond N makes all gaps between"
                + " frames longer by T: 64:1.5ms"),
        row(
            "cache", "N", .some(of: .count(1...1_000_000)), into: \.cacheBlock,
            "sandbox streams: cache prompts by blocks of N tokens from their"
                + " beginning on, and report the tokens that were cached"),
        row(
            "late-usage", "T", .duration(canBeZero: true), into: \.lateUsage,
            "sandbox streams: how long after the last token the usage comes"),
        row(
            "role-first", "T", .some(of: .duration(canBeZero: true)), into: \.roleFirst,
            default: "(with the first token)",
            "sandbox streams: when the frame without text comes that begins a stream"
        ),
        row(
            "context", "N", .some(of: .count(1...1_000_000_000)), into: \.context,
            default: "(any)",
            "sandbox streams: tokens of prompt and reply together, beyond which a"
                + " request is refused"),
    ]

    /// That a service has no latency, as its tokens have their times.
    static func noLatency(of service: String, _ flag: String, _ prefix: String = "") -> Fault {
        Fault(
            "has no part in the replies of \(service), which are made token by token",
            at: .flag(flag), hint: "write --\(prefix)ttft and --\(prefix)tpot")
    }

    /// An option whose value is a part of the pacing; without another default, the pacing's own.
    private static func row<Value: Sendable>(
        _ name: String, _ placeholder: String, _ reader: Reader<Value>,
        into path: any WritableKeyPath<Pacing, Value> & Sendable, default text: String? = nil,
        _ help: String
    ) -> OptionRow<Self> {
        let own = Pacing()[keyPath: path]
        let standard = text ?? (own as? any CustomStringConvertible).map { "(\($0))" }
        let spec = OptionSpec(
            names: [name], placeholder: placeholder, kind: .single, defaultText: standard,
            help: help, choices: [])
        return OptionRow(spec: spec) { (text, options) throws(Fault) in
            options.pacing[keyPath: path] = try reader.read(text)
            options.given = options.given ?? name
        }
    }
}

extension Reader where Value == Double? {
    /// Tokens in a second.
    static var prefill: Reader {
        .parsed(or: "is not a number of tokens a second", hint: "write 20000 or 20000tokens/s") {
            text in
            let unit = "tokens/s"
            let number = text.hasSuffix(unit) ? text.dropLast(unit.count) : text[...]
            let speed = Units.parseNumber(String(number.filter { $0 != " " }))
            return speed.flatMap { $0 > 0 ? .some($0) : nil }
        }
    }
}

extension Reader where Value == Pacing.Batch? {
    /// What many replies at once cost.
    static var batch: Reader {
        .parsed(
            or: "is not N:T", hint: "write 64:1.5ms: beyond 64 replies each adds 1.5ms to every gap"
        ) { text in Pacing.Batch(parsing: text).map { .some($0) } }
    }
}

extension Reader {
    /// A value that may be missing.
    static func some<Part>(of reader: Reader<Part>) -> Reader where Value == Part? {
        Reader { (text) throws(Fault) in try reader.read(text) }
    }
}
