import ChatloadKit
import Base
import Testing

@testable import chatload

/// What users of other tools type ends with the command that says it here.
@Suite struct SynonymTests {
    @Test(arguments: [
        ("run w --vus 10 --iterations 20", "run w -c 10 -n 20"),
        ("run --vus=10 w", "run -c 10 w"),
        ("run w -i 5 --tag a=b", "run w -n 5 --label 'a=b'"),
        ("run w --rps 50 -d 1m", "run w -r 50 -d 1m"),
        ("run w --request-rate 4.5 --max-concurrency 8", "run w -r 4.5 -c 8"),
        ("run w --request-rate inf --num-prompts 100", "run w -n 100"),
        ("plan --dataset-path 'my chats.json' --num-prompts 3", "plan 'my chats.json' -n 3"),
        ("replay --input-file w --max-concurrency 5", "replay w -c 5"),
        (
            "run w --model my-model --url http://127.0.0.1:8000",
            "run w --set 'model=my-model' --target http://127.0.0.1:8000"
        ),
        (
            "run w --vus 3 --url http://h/v1/client-api",
            "run w -c 3 --service botyard --target http://h"
        ), ("run w -u https://h/b", "run w --target https://h/b"),
        ("run w -u https://h/b -u 5", "run w --target https://h/b -u 5"),
        ("run w --host http://h", "run w --target http://h"),
        ("run w --request-count 9 --connections 4", "run w --exchanges 9 -c 4"),
        ("run w -rate=50/1s -duration=5s", "run w -r 50/1s -d 5s"),
        ("run w -rate 0 -max-workers 4", "run w -c 4"),
        ("run w -header 'X-A: 1' -insecure", "run w -H 'X-A: 1' -k"),
        ("run w -z10s", "run w -d 10s"), ("run w -z 10s", "run w -d 10s"),
        ("run w -t4 -c 8 -d 30s", "run w --workers 4 -c 8 -d 30s"),
        ("run w -t 1m -q", "run w -d 1m -q"),
        ("run w --backend vllm --disable-tqdm -n=-1", "run w --no-progress '-n=-1'"),
        ("run --vus 3 -- -w", "run -c 3 -- -w"),
        ("probe --say 'a b' --model m", "probe --say 'a b' --set 'model=m'"),
        ("run w --vus", "run w -c VALUE"),
        ("run w --vus --rps 5", "run w -c VALUE -r 5"),
    ])
    func endWithTheEquivalentCommand(line: String, expected: String) throws {
        let fault = #expect(throws: Fault.self) { try Invocation(words(line), in: .made()) }
        #expect(fault?.command == "chatload " + expected)
        #expect(fault?.exitCode == .unusable)
    }

    @Test(arguments: [
        (
            "run w --vus 10 --iterations 20 --vus 11",
            """
            '--vus' is an option of k6; here it is -c
              hint: and --iterations (k6) is -n
              chatload run w -c 10 -n 20 -c 11
            """
        ),
        (
            "run w --model m",
            """
            '--model' is an option of vLLM and AIPerf; here it is --set model=VALUE
              chatload run w --set 'model=m'
            """
        ),
        (
            "run w --api-key S3cret",
            """
            '--api-key' is an option of AIPerf; here it has no equivalent: a secret is a parameter, \
            by reference: --set NAME=env:VARIABLE
              chatload run w
            """
        ),
        (
            "run w --vus 2 --token S3cret",
            "unknown option '--token'\n"
                + "  hint: it is a parameter of stammer: --set token=env:NAME"
        ),
        (
            "serve --vus 2",
            "unknown option '--vus'\n  hint: chatload serve --help lists the options"
        ),
        (
            "import w --url http://h",
            "unknown option '--url'\n  hint: chatload import --help lists the options"
        ),
        ("run -u ten", "-u: 'ten' is not a whole number"),
    ])
    func areToldWordForWord(line: String, expected: String) {
        #expect(complaint(line) == "chatload: error: " + expected + "\n")
    }

    @Test(arguments: [
        ("--set token=S3cret", "--set 'token=***'"), ("--set S3cret", "--set '***'"),
        ("--set S3cret=x", "--set '***'"), ("--set token=env:S3cret", "--set 'token=***'"),
        ("--set token=file:S3cret", "--set 'token=***'"),
        ("--set token=file:there", "--set 'token=file:there'"),
        ("--set token=env:A_1", "--set 'token=env:A_1'"), ("--set bot=Ana", "--set 'bot=Ana'"),
        ("-H 'X-Key: S3cret'", "-H 'X-Key: ***'"), ("-H S3cret", "-H '***'"),
        ("-H 'Authorization: Bearer S3cret'", "-H 'Authorization: ***'"),
        ("-H 'Authorization: Bearer env:A'", "-H 'Authorization: Bearer env:A'"),
        ("-H 'X-A: env:S3cret'", "-H 'X-A: ***'"), ("-H 'X-A: b'", "-H 'X-A: b'"),
        ("--url http://me:S3cret@h", "--target '***'"),
        ("--target http://h?S3cret", "--target '***'"),
    ])
    func hideWhatMayBeASecret(option: String, shown: String) throws {
        let world = ProcessEnvironment.made(files: ["there": "S3cret"])
        let fault = #expect(throws: Fault.self) {
            try Invocation(words("run w --vus 2 \(option)"), in: world)
        }
        #expect(fault?.command == "chatload run w -c 2 \(shown)")
        #expect(fault?.rendered.contains("S3cret") == false)
    }

    /// What is an option here is taken from nobody, but where its value tells that another is meant.
    @Test func takeNoOptionAway() {
        for command in Command.allCases {
            for flag in command.options.flatMap(\.flags) {
                #expect(Synonym.meant(by: flag, "5", in: command) == nil, "\(command) \(flag)")
            }
        }
    }

    @Test func areOptionsThatThereAre() {
        for synonym in Synonym.all {
            #expect(synonym.words.allSatisfy { $0.hasPrefix("-") })
            guard case .option(let flag) = synonym.meaning else { continue }
            let option = Command.run.options.first { $0.isFlag(flag) }
            #expect((option?.kind == .toggle) == !synonym.takesValue, "\(flag)")
        }
    }

    @Test func helpIsStillGiven() throws {
        guard case .help(.run) = try Invocation(words("run --vus 5 --help"), in: .made()) else {
            Issue.record("no help")
            return
        }
    }

    @Test func areKnownInAFileToo() {
        let world = ProcessEnvironment.made(files: ["c.json": #"{"vus": 3}"#])
        #expect(
            complaint("run -f c.json", in: world)
                == "chatload: error: c.json:1:3: vus: is no option\n  hint: it is -c\n")
    }
}

/// A target's service has to be named.
@Suite struct TargetServiceTests {
    private static let known =
        "there are " + Services.names.joined(separator: ", ")
        + ", and files that describe others; chatload service list tells of them"

    @Test(arguments: [
        "run w --target http://h", "replay w --target http://h/v2/chat",
        "plan w --target http://h:81/x", "probe --target https://h",
        "run w --target http://h --find-capacity response.p90<5s -c 8 -d 5s",
    ])
    func isAskedFor(line: String) {
        #expect(
            complaint(line)
                == "chatload: error: --target: which service is there? name it with --service\n"
                + "  hint: \(Self.known)\n")
    }

    @Test(arguments: [
        ("/v1/client-api", "--service botyard --target http://h:1", "botyard"),
        ("/v1/client-api/chats/", "--service botyard --target http://h:1", "botyard"),
        ("/base/v1/chat/completions", "--service openai --target http://h:1/base", "openai"),
        ("/chatbot/api/v1/message/", "--service stammer --target http://h:1", "stammer"),
        ("/en/chatbot/api/v1/message/", "--service stammer --target http://h:1", "stammer"),
        (
            "/a/de/chatbot/api/v1/message",
            "--service stammer --target http://h:1/a --set 'language=de'", "stammer"
        ),
    ])
    func isGuessedFromThePath(path: String, options: String, name: String) throws {
        let line = "run w --target http://h:1\(path) -c 5 --set token=S3cret"
        let fault = #expect(throws: Fault.self) { try Invocation(words(line), in: .made()) }
        #expect(fault?.command == "chatload run w -c 5 --set 'token=***' \(options)")
        #expect(fault?.hint == "by its path it is \(name); \(Self.known)")
        #expect(fault?.rendered.contains("S3cret") == false)
    }

    /// Two services have this path.
    @Test func isOneOfTwo() {
        let fault = #expect(throws: Fault.self) {
            try Invocation(words("run w --target http://h:1/api/chat"), in: .made())
        }
        #expect(fault?.command == nil)
        #expect(fault?.hint == "by its path it is tamako or ollama; \(Self.known)")
    }

    @Test(arguments: [
        ("run w", "CHATLOAD_TARGET", "CHATLOAD_TARGET: which"),
        ("run w -f t.json", "", "t.json:1:3: target: which"),
    ])
    func isAskedForWhereverTheTargetStands(line: String, variable: String, says: String) {
        let world = ProcessEnvironment.made(
            variable.isEmpty ? [:] : [variable: "http://h"],
            files: ["t.json": #"{"target": "http://h"}"#])
        #expect(complaint(line, in: world).hasPrefix("chatload: error: " + says))
    }

    @Test(arguments: [
        ("run w --target http://h --service botyard", [:]),
        ("run w --target http://h", ["CHATLOAD_SERVICE": "botyard"]),
        ("run w --target http://h -f s.json", [:]),
    ])
    func isNamedWhereverItStands(line: String, variables: [String: String]) throws {
        let world = ProcessEnvironment.made(
            variables, files: ["s.json": #"{"service": "botyard"}"#])
        guard case .run(let settings) = try Invocation(words(line), in: world) else { return }
        #expect(settings.service.description.name == "botyard")
    }

    @Test func isTheDefaultInTheSandbox() throws {
        #expect(try runSettings("w").service.description.name == "stammer")
    }
}
