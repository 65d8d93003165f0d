import Base
import ChatloadKit

/// Synonym: a word that users of other tools type, and what it is here.
struct Synonym: Sendable {
    /// What the words are here.
    enum Meaning: Sendable {
        /// An option, by its flag.
        case option(String)
        /// A parameter of the service.
        case parameter(String)
        /// An argument without a name.
        case argument
        /// Nothing: how the same is had instead.
        case nothing(String)
    }

    /// As they are typed.
    let words: [String]
    /// Whose words they are.
    let tools: String
    let meaning: Meaning
    /// Whether a value follows.
    var takesValue = true
    /// The value here; nil where it asks for what is so anyhow.
    var translated: @Sendable (String) -> String? = { $0 }
    /// The values with which the words mean this.
    var isMeant: @Sendable (String) -> Bool = { _ in true }

    private init(_ words: [String], _ tools: String, _ meaning: Meaning) {
        (self.words, self.tools, self.meaning) = (words, tools, meaning)
    }

    /// The one of a word with this value, as this command can do it; nil where there is none.
    static func meant(by word: String, _ value: String, in command: Command) -> Synonym? {
        all.first { synonym in
            guard synonym.words.contains(word), synonym.isMeant(value) else { return false }
            switch synonym.meaning {
            case .option(let flag): return command.options.contains { $0.isFlag(flag) }
            case .parameter: return command.options.contains { $0.isFlag("--set") }
            case .argument: return command.options.contains { $0.kind == .positional }
            case .nothing: return Set<Command>.playing.contains(command)
            }
        }
    }

    /// The one of a word, whatever its value.
    static func named(_ word: String) -> Synonym? { all.first { $0.words.contains(word) } }

    /// Whether some synonym becomes this parameter of a service.
    static func isParameter(_ name: String) -> Bool {
        all.contains { if case .parameter(name) = $0.meaning { true } else { false } }
    }

    /// What it is here, in half a sentence.
    var remark: String {
        switch meaning {
        case .option(let flag): "is \(flag)"
        case .parameter(let name): "is --set \(name)=VALUE"
        case .argument: "is an argument without a name"
        case .nothing(let remark): "has no equivalent: \(remark)"
        }
    }

    /// What is to be given instead, on the command line.
    func given(_ value: String, for options: [OptionSpec]) -> OptionValue? {
        guard let text = translated(value) else { return nil }
        switch meaning {
        case .option(let flag):
            let option = options.first { $0.isFlag(flag) }
            return option.map { OptionValue(option: $0.name, text: text, place: .flag(flag)) }
        case .parameter(let name):
            return OptionValue(
                option: ServiceOptions.setName, text: "\(name)=\(text)", place: .flag("--set"))
        case .argument:
            let option = options.first { $0.kind == .positional }
            return option.map { OptionValue(option: $0.name, text: text, place: .argument) }
        case .nothing: return nil
        }
    }

    /// The complaint about the words that were typed, with the command that says the same, the service
    /// included that the target's path tells; nil where there are none.
    static func fault(
        _ found: [(word: String, synonym: Synonym)], in given: OptionSources
    ) -> Fault? {
        guard let (word, synonym) = found.first else { return nil }
        var told = [word]
        var others: [String] = []
        for (word, synonym) in found where !told.contains(word) {
            told.append(word)
            others.append("\(word) (\(synonym.tools)) \(synonym.remark)")
        }
        var fault = Fault(
            "'\(word)' is an option of \(synonym.tools); here it \(synonym.remark)",
            hint: others.isEmpty ? nil : "and " + others.joined(separator: ", "))
        let flags = given.guessedService?.flags ?? given.flags
        fault.command = flags.commandLine(of: given.command, in: given.surroundings)
        return fault
    }
}

extension Synonym {
    /// All there are, by what they are here; of those with the same word the first that is meant.
    static let all: [Synonym] = users + amounts + places + outputs + absent

    private static let users: [Synonym] = [
        Synonym(["--vus"], "k6", .option("-c")),
        Synonym(["--max-concurrency"], "vLLM", .option("-c")),
        Synonym(["--connections"], "wrk and bombardier", .option("-c")),
        Synonym(["-workers", "-max-workers"], "vegeta", .option("-c")),
        Synonym(["--rps"], "k6", .option("-r")).translating(rate),
        Synonym(["--request-rate"], "vLLM and AIPerf", .option("-r")).translating(rate),
        Synonym(["-rate"], "vegeta", .option("-r")).translating(rate),
        Synonym(["--threads"], "wrk", .option("--workers")),
        Synonym(["-t"], "wrk", .option("--workers")).when { Int($0) != nil },
        Synonym(["-t"], "Locust", .option("-d")),
    ]

    private static let amounts: [Synonym] = [
        Synonym(["--iterations", "-i"], "k6", .option("-n")),
        Synonym(["--num-prompts"], "vLLM", .option("-n")),
        Synonym(["--num-conversations", "--conversation-num"], "AIPerf", .option("-n")),
        Synonym(["--request-count", "--num-requests"], "AIPerf", .option("--exchanges")),
        Synonym(["--requests"], "bombardier", .option("--exchanges")),
        Synonym(["--max-requests"], "guidellm", .option("--exchanges")),
        Synonym(["-z"], "oha and hey", .option("-d")),
        Synonym(["-duration"], "vegeta", .option("-d")),
        Synonym(["--run-time"], "Locust", .option("-d")),
        Synonym(["--max-seconds"], "guidellm", .option("-d")),
        Synonym(["--benchmark-duration"], "AIPerf", .option("-d")),
        Synonym(["--num-warmups"], "vLLM", .option("--warmup")),
        Synonym(["--random-input-len"], "vLLM", .option("--prompt-tokens")),
        Synonym(["--random-output-len"], "vLLM", .option("--max-tokens")),
        Synonym(["--random-prefix-len"], "vLLM", .option("--shared-prefix")),
        Synonym(["--synthetic-input-tokens-mean", "--isl"], "AIPerf", .option("--prompt-tokens")),
        Synonym(["--output-tokens-mean", "--osl"], "AIPerf", .option("--max-tokens")),
        Synonym(
            ["--prefix-prompt-length", "--shared-system-prompt-length"], "AIPerf",
            .option("--shared-prefix")),
        Synonym(
            ["--conversation-turn-mean", "--session-turns-mean"], "AIPerf",
            .option("--prompt-turns")),
        Synonym(["--warmup-request-count"], "AIPerf", .option("--warmup")),
        Synonym(["-timeout"], "vegeta", .option("--timeout")),
        Synonym(["--request-timeout-seconds"], "AIPerf", .option("--timeout")),
        Synonym(["--random-seed"], "AIPerf and guidellm", .option("--seed")),
    ]

    private static let places: [Synonym] = [
        Synonym(["--url"], "AIPerf", .option("--target")),
        Synonym(["-u"], "AIPerf", .option("--target")).when(isURL),
        Synonym(["--base-url"], "vLLM", .option("--target")),
        Synonym(["--host"], "Locust", .option("--target")).when(isURL),
        Synonym(["--model"], "vLLM and AIPerf", .parameter("model")),
        Synonym(["--model-names"], "AIPerf", .parameter("model")),
        Synonym(["-header"], "vegeta", .option("-H")),
        Synonym(["-insecure"], "vegeta", .option("-k")).withoutValue(),
        Synonym(["--insecure-skip-tls-verify"], "k6", .option("-k")).withoutValue(),
        Synonym(["--dataset-path"], "vLLM", .argument),
        Synonym(["--input-file"], "AIPerf", .argument),
    ]

    private static let outputs: [Synonym] = [
        Synonym(["--tag"], "k6", .option("--label")),
        Synonym(["--summary-export"], "k6", .option("--k6-summary")),
        Synonym(["--result-dir"], "vLLM", .option("-o")),
        Synonym(["--output-artifact-dir", "--artifact-dir"], "AIPerf", .option("-o")),
        Synonym(["--disable-tqdm"], "vLLM", .option("--no-progress")).withoutValue(),
    ]

    /// What nothing here is the same as.
    private static let absent: [Synonym] = [
        Synonym(
            ["-targets"], "vegeta",
            .nothing("what is sent are the conversations of a workload, chatload run FILE")),
        Synonym(["-connections"], "vegeta", .nothing("each user has a connection of its own")),
        Synonym(
            ["--spawn-rate"], "Locust",
            .nothing("--ramp-up T says in what time all users have begun")),
        Synonym(
            ["--api-key"], "AIPerf",
            .nothing("a secret is a parameter, by reference: --set NAME=env:VARIABLE")),
        Synonym(
            ["--backend", "--endpoint-type"], "vLLM and AIPerf",
            .nothing("--service names what is spoken to")),
        Synonym(["--endpoint"], "vLLM and AIPerf", .nothing("the service knows its paths")),
        Synonym(
            ["--dataset-name"], "vLLM", .nothing("what a file is, is seen by its content")),
        Synonym(["--save-result"], "vLLM", .nothing("every run writes its reports"))
            .withoutValue(),
        Synonym(
            ["--percentile-metrics", "--metric-percentiles"], "vLLM",
            .nothing("every report has them all")),
    ]

    private static func isURL(_ text: String) -> Bool {
        ["http://", "https://"].contains { text.lowercased().hasPrefix($0) }
    }

    /// Per second; without an end is how users go on by themselves.
    private static func rate(_ text: String) -> String? {
        ["inf", "infinity", "0"].contains(text.lowercased()) ? nil : text
    }

    private func translating(_ translated: @escaping @Sendable (String) -> String?) -> Synonym {
        var synonym = self
        synonym.translated = translated
        return synonym
    }

    private func when(_ isMeant: @escaping @Sendable (String) -> Bool) -> Synonym {
        var synonym = self
        synonym.isMeant = isMeant
        return synonym
    }

    private func withoutValue() -> Synonym {
        var synonym = self
        synonym.takesValue = false
        return synonym
    }
}
