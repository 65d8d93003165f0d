import ChatloadKit

/// Command: what chatload can be told to do.
enum Command: String, CaseIterable, Sendable {
    case run, replay, plan, probe
    case `import`
    case report, compare
    case serve
    case completions, man

    /// What the command does, in half a line.
    var summary: String {
        switch self {
        case .run: "load-test a service with conversation scripts"
        case .replay: "play every conversation of a transcript exactly once"
        case .plan: "check scripts and settings, show what would be sent"
        case .probe: "play one conversation and show every exchange in full"
        case .import: "turn transcripts of other formats into conversation scripts"
        case .report: "rebuild the reports from the logs of runs"
        case .compare: "are two runs different, and is it real?"
        case .serve: "start the sandbox: imitations of the chat services"
        case .completions: "print what makes a shell complete command lines"
        case .man: "print the manual page"
        }
    }

    /// The command's options as it means them, in the order of its help.
    var options: [OptionSpec] {
        OptionSpec.all.filter { $0.commands.contains(self) }.map { $0.meant(by: self) }
    }

    /// Command lines that work as they stand, with what each does.
    var examples: [(line: String, meaning: String)] {
        exampleText.split(separator: "\n\n").map { example in
            let lines = example.split(separator: "\n")
            return (lines.dropLast().joined(separator: "\n"), String(lines.last ?? ""))
        }
    }

    /// The examples, each with what it does in the line below.
    private var exampleText: String {
        switch self {
        case .run:
            #"""
            chatload run workloads/support.jsonl
            ten users for ten seconds against the embedded sandbox

            chatload run workloads/support.jsonl -c 50 -d 1m --sandbox-latency 80ms
            fifty users for a minute against a slower one

            chatload run chats.jsonl --service stammer --target http://127.0.0.1:8080 \
                  --set token=env:STAMMER_TOKEN --set chatbot_uuid=env:CHATBOT -n 20
            twenty conversations against a real service
            """#
        case .replay:
            #"""
            chatload replay workloads/support.jsonl
            every conversation once, ten at a time

            chatload replay archive.jsonl --speed 60x --max-gap 5s
            an hour of recorded conversations in a minute
            """#
        case .plan:
            #"""
            chatload plan workloads/support.jsonl -c 50 -d 1m
            what the same line with run would do

            chatload plan archive.jsonl --speed 60x
            how long the same line with replay would take
            """#
        case .probe:
            #"""
            chatload probe --service botyard --say Hello
            log in, say one thing and wait for the reply

            chatload probe workloads/support.jsonl --conversation refund-shoes --curl
            the requests of one conversation as curl commands
            """#
        case .import:
            #"""
            chatload import ShareGPT_V3.json -o sharegpt.jsonl
            a transcript as scripts, which can be edited and played

            chatload import trace.csv -o - --limit 100
            the first hundred requests of a trace, to stdout
            """#
        case .report:
            #"""
            chatload report reports/mine
            the report of one run, again

            chatload report reports/a reports/b -o reports/both
            two runs as one
            """#
        case .compare:
            #"""
            chatload compare reports/before reports/after
            two runs

            chatload compare reports/before-* --vs reports/after-* -o reports/change
            several runs a side, with a page to look at

            chatload compare base new --fail-on response.p99:+5% --fail-on errors:+1pp
            a gate for CI: exit code 99 if it got worse
            """#
        case .serve:
            #"""
            chatload serve
            all services on a free port, which is printed

            chatload serve botyard --port 7007 --latency lognormal:200ms,0.4
            one service with a spread of latencies
            """#
        case .completions:
            #"""
            chatload completions bash
            for bash: source <(chatload completions bash)

            chatload completions fish
            for fish: into ~/.config/fish/completions/chatload.fish
            """#
        case .man:
            #"""
            chatload man
            to read it: chatload man | man -l -
            """#
        }
    }
}

extension OptionSpec {
    /// All options there are, in the order of the help.
    static let all: [OptionSpec] = [
        specs(ImportSettings.rows), specs(ServeSettings.rows), specs(CompletionSettings.rows),
        specs(CompareSettings.sideRows), specs(ReportSettings.folderRows),
        specs(WorkloadSettings.fileRows), specs(ProbeSettings.rows),
        specs(WorkloadSettings.handlingRows), specs(ServiceOptions.rows),
        specs(LoadSettings.userRows), specs(ReplaySettings.rows), specs(LoadSettings.shapeRows),
        specs(ObjectiveOptions.searchRows), specs(LoadSettings.limitRows),
        specs(ConnectionSettings.rows), specs(AccessSettings.rows), specs(DataSettings.rows),
        specs(RetrySettings.rows), specs(WorkloadSettings.tokenRows), specs(SandboxOptions.rows),
        specs(TLSOptions.rows), specs(ObjectiveOptions.limitRows), specs(OutputOptions.placeRows),
        specs(ProcessOptions.formatRows), specs(ReportSettings.limitRows),
        specs(OutputOptions.keptRows), specs(ExportSettings.rows), specs(PlanSettings.rows),
        specs(CompareSettings.seedRows), specs(ProcessOptions.workerRows),
        specs(ProcessOptions.messageRows), specs(ModeOptions.rows),
    ].flatMap(\.self)

    private static func specs<Settings>(_ rows: [OptionRow<Settings>]) -> [OptionSpec] {
        rows.map(\.spec)
    }
}
