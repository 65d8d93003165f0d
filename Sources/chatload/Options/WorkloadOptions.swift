import Base
import ChatloadKit

/// The options of which conversations there are.
extension WorkloadSettings: OptionSubject {
    static let rows: [OptionRow<Self>] = fileRows + handlingRows + tokenRows

    static let fileRows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent, as: .untold,
        .positional(
            "workload", "WORKLOAD…", .text, into: \.files,
            "conversation scripts (JSONL), prompts (.txt), or transcripts and traces of other formats"
        )
        .meaning("conversation scripts, of which one conversation is played", in: .probe))

    static let handlingRows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent,
        .toggle(
            ["skip-bad-lines"], into: \.skipsBadLines, "pass over conversations with errors"),
        .value(
            ["attach-from"], "DIR", .text, into: \.attachFrom,
            default: "(the workload's folder)",
            "folder whose files scripts may attach; others are refused"))

    static let tokenRows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent,
        .value(
            ["tokens"], "HOW", .tokens, into: \.tokens, default: "chars:4",
            "how tokens are counted that the service does not report: chars:N, bytes:N, words"
                + " or reported"))
}

/// The options of conversations that are made by their lengths.
extension LengthSettings: OptionSubject {
    static let rows: [OptionRow<Self>] = options(
        of: [.run, .plan, .probe], .whatIsSent,
        .value(
            ["prompt-tokens"], "N|SPEC", .some(of: .lengths), into: \.prompt,
            "make prompts instead of reading a workload, of so many tokens, each unlike all others:"
                + " 512, uniform:100,900, lognormal:MEDIAN,SIGMA or exponential:MEAN"),
        .value(
            ["shared-prefix"], "N", .some(of: .count(1...1_000_000)), into: \.sharedPrefix,
            "tokens that all made conversations begin with alike, besides their own"),
        .value(
            ["prompt-turns"], "N|SPEC", .some(of: .lengths), into: \.turns, default: "(1)",
            "turns of a made conversation, as many as \(MadePrompts.mostTurns)"))
}

/// The options of the rows for scripts' variables.
extension DataSettings: OptionSubject {
    static let rows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent,
        .value(
            ["data"], "FILE", .text, into: \.file,
            "rows of values for scripts' variables: CSV with a header, or JSONL objects"),
        .value(
            ["data-order"], "ORDER", .choice("order of rows"), into: \.order,
            default: "(sequential)",
            "sequential and from the beginning again, shuffled by the seed, or unique: each row"
                + " once, and the run ends with the last"),
        .value(
            ["data-per"], "WHOM", .choice("receiver of rows"), into: \.per,
            default: "(conversation)",
            "whom a row of the data is for: each conversation or user"))
}

/// The option of every random choice.
extension PlanSettings: OptionSubject {
    /// The name of the seed, which a run has even where nobody gave one.
    static let seedName = "seed"

    static let rows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent, as: .untold,
        .value(
            [seedName], "N", .seed, into: \.seed, default: "(drawn once and printed)",
            "seed of every random choice"
        )
        .meaning("seed of what the sandbox does", default: "(drawn)", in: .probe))
}

/// Probe settings: which conversation is played, and how it is shown.
struct ProbeSettings: OptionSubject, Sendable {
    /// What to say instead of a workload's conversation.
    var says: [String] = []
    /// The id of the conversation to play.
    var conversation: String?
    var showsAll = false
    var asCurl = false

    static let rows: [OptionRow<Self>] = options(
        of: [.probe], .thisProcess,
        .list(
            ["say"], "TEXT", .text, into: \.says,
            "say this instead of playing a workload; several are the turns of one conversation"
        ),
        .value(
            ["conversation"], "ID", .text, into: \.conversation, default: "(the first)",
            "the conversation of the workload to play"),
        .toggle(
            ["curl"], into: \.asCurl,
            "print the curl command that sends the same, for each request"),
        .toggle(["full"], into: \.showsAll, "cut nothing short"))

    /// What is said when nothing else is.
    private static let greeting = "Hello"

    /// Makes one conversation of the settings' workload all that is played.
    ///
    /// - Throws: what does not go together.
    func choose(in settings: inout RunSettings) throws(Fault) {
        let file = settings.plan.workload.files.first
        if !says.isEmpty, let file {
            throw Fault(
                "says something instead of a workload", at: .flag("--say"),
                hint: "leave out either --say or \(Printable.line(file, limit: 60))")
        }
        if conversation != nil, file == nil {
            throw Fault(
                "there is no workload to find it in", at: .flag("--conversation"),
                hint: "name the file, such as workloads/support.jsonl")
        }
        if asCurl, settings.process.isJSON {
            throw Fault(
                "makes commands and no JSON", at: .flag("--curl"),
                hint: "leave out either --curl or --format json")
        }
        settings.plan.play = .conversation(id: conversation)
        if settings.plan.workload.lengths.prompt != nil {
            if says.isEmpty { return }
            throw Fault(
                "says something instead of prompts that are made", at: .flag("--say"),
                hint: "leave out either --say or --prompt-tokens")
        }
        if file == nil { settings.plan.workload.says = says.isEmpty ? [Self.greeting] : says }
    }
}
