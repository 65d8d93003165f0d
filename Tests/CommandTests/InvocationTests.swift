import ChatloadKit
import Base
import Networking
import Sandbox
import Testing

@testable import chatload

@Suite struct InvocationTests {
    private static let commands = Command.allCases.map(\.rawValue).joined(separator: ", ")
    private static let services = Services.names.joined(separator: ", ")

    @Test func `defaults come from the table`() throws {
        let settings = try runSettings("a.jsonl")
        #expect(settings.plan.workload.files == ["a.jsonl"])
        #expect(settings.service.description.name == "stammer")
        #expect(settings.plan.load.users == nil && settings.plan.load.stages.isEmpty)
        #expect(settings.plan.load.grace == .seconds(30))
        #expect(settings.plan.connections.timeouts.total == .seconds(60))
        #expect(settings.plan.connections.timeouts.connect == .seconds(5))
        #expect(
            settings.plan.load.duration == nil && settings.plan.seed == nil
                && settings.process.workers == nil)
        #expect(
            !settings.process.isJSON && settings.output.log == .all
                && !settings.process.isQuiet)
    }

    @Test(arguments: [
        "-c 7", "-c7", "-c=7", "-u 7", "--concurrency 7", "--concurrency=7", "--users 7",
        "-c 3 -u 7",
    ])
    func `one option, many ways to write it`(line: String) throws {
        #expect(try runSettings(line).plan.load.users == 7)
    }

    @Test func `every option of run`() throws {
        let settings = try runSettings(
            """
            a b --service botyard --target http://h:1/x -n 5 --exchanges 6 -d 1m30s --grace 0 \
            --think lognormal:2s,0.5 --timeout 9 --connect-timeout 250ms --set bot=Ana --set a= \
            --first-token-timeout 3s --idle-timeout 400ms \
            -H 'X-A: 1' --header 'X-B:2' -o out --format json --log errors --seed 18446744073709551615 \
            --label k=v=w -q --no-progress --workers 3 --sandbox-latency exponential:5ms \
            --sandbox-error-rate 5% --sandbox-limit '60 requests/m' --sandbox-limit '9 tokens/s' \
            --sandbox-limit '50 requests/m' --sandbox-stall 5s:2s,1m:1s --sandbox-fault reset:5% \
            --sandbox-fault any@say -- --c
            """)
        #expect(settings.plan.workload.files == ["a", "b", "--c"])
        #expect(
            settings.service.description.name == "botyard"
                && settings.service.target == "http://h:1/x")
        #expect(settings.plan.load.conversations == 5 && settings.plan.load.exchanges == 6)
        #expect(settings.plan.load.duration == .seconds(90) && settings.plan.load.grace == .zero)
        #expect(settings.plan.load.think == .logNormal(median: .seconds(2), sigma: 0.5))
        #expect(
            settings.plan.connections.timeouts.total == .seconds(9)
                && settings.plan.connections.timeouts.connect == .milliseconds(250))
        #expect(
            settings.plan.connections.timeouts.firstToken == .seconds(3)
                && settings.plan.connections.timeouts.idle == .milliseconds(400))
        #expect(
            settings.service.parameters["bot"] == "Ana"
                && settings.service.parameters["a"]?.isEmpty == true)
        #expect(settings.service.headers["X-A"] == "1" && settings.service.headers["X-B"] == "2")
        #expect(
            settings.output.folder == "out" && settings.process.isJSON
                && settings.output.log == .errors)
        #expect(settings.plan.seed == .max && settings.output.labels["k"] == "v=w")
        #expect(
            settings.process.isQuiet && settings.process.hidesProgress
                && settings.process.workers == 3)
        #expect(settings.sandbox.latency == .exponential(mean: .milliseconds(5)))
        #expect(settings.sandbox.errorRate == 0.05)
        #expect(settings.sandbox.limits["requests"]?.description == "50 requests/m")
        #expect(settings.sandbox.limits["tokens"]?.description == "9 tokens/s")
        #expect(settings.sandbox.stalls.map(\.description) == ["5s:2s", "1m:1s"])
        #expect(settings.sandbox.faults.map(\.description) == ["reset:0.05", "any@say"])
    }

    @Test func `serve and report`() throws {
        let line = """
            serve tamako --port 80 --latency 5ms --latency tamako=1s --error-rate 0.5 --exact \
            --limit 5requests/s --limit 'tamako=6 tokens/s' --stall 1:2 --botyard-replies blocking \
            --tamako-missing 200
            """
        guard case .serve(let serve) = try Invocation(words(line), in: .made()) else {
            Issue.record("not serve")
            return
        }
        #expect(serve.services == ["tamako"] && serve.port == 80 && serve.host == "127.0.0.1")
        #expect(serve.latency["*"] == .fixed(.milliseconds(5)))
        #expect(serve.latency["tamako"] == .fixed(.seconds(1)))
        #expect(serve.errorRate["*"] == 0.5 && serve.isExact)
        #expect(serve.limits["* requests"]?.amount == 5)
        #expect(serve.limits["tamako tokens"]?.amount == 6)
        #expect(serve.stalls.map(\.length) == [.seconds(2)])
        #expect(serve.botyardReplies == .blocking && serve.tamakoMissing == 200)
        let other = try Invocation(words("report a b -o c --format json"), in: .made())
        guard case .report(let report) = other else {
            Issue.record("not report")
            return
        }
        #expect(
            report.runs == ["a", "b"] && report.output == "c" && report.process.isJSON)
    }

    @Test(arguments: [
        ("", "help"), ("help", "help"), ("-h", "help"), ("--help", "help"),
        ("help run", "help run"),
        ("run --help", "help run"), ("run -c x -h", "help run"), ("--version", "version"),
        ("serve --version", "version"),
    ])
    func `help and version`(line: String, expected: String) throws {
        let text =
            switch try Invocation(words(line), in: .made()) {
            case .help(let command): command.map { "help \($0)" } ?? "help"
            case .version: "version"
            default: "something else"
            }
        #expect(text == expected)
    }

    @Test(
        arguments: [
            ("runn", "unknown command 'runn'\n  hint: did you mean run?"),
            ("xyz", "unknown command 'xyz'\n  hint: commands: \(commands)"),
            (
                "-c 5 run",
                "the command comes first: chatload COMMAND [options]\n"
                    + "  hint: commands: \(commands)"
            ),
            ("run --uzers 5", "unknown option '--uzers'\n  hint: did you mean --users?"),
            (
                "run --token=abc",
                "unknown option '--token'\n"
                    + "  hint: it is a parameter of stammer: --set token=env:NAME"
            ),
            (
                "run --port 5",
                "unknown option '--port'\n  hint: --port is an option of chatload serve"
            ),
            ("run -x", "unknown option '-x'\n  hint: chatload run --help lists the options"),
            ("run -c", "-c: needs a value: -c N"),
            ("run --users --seed 5", "--users: needs a value: --users N"),
            ("run -c ten", "-c: 'ten' is not a whole number"),
            ("run -c 0", "-c: 0 is out of range\n  hint: it must be between 1 and 1000000"),
            ("run -n -5", "-n: -5 is out of range\n  hint: it must be at least 1"),
            ("run -c 99999999999999999999", "-c: '99999999999999999999' is not a whole number"),
            (
                "run -d soon",
                "-d: 'soon' is not a duration\n"
                    + "  hint: write 500ms, 30s, 5m or 1h30m; a bare number is seconds"
            ),
            ("run -d 0", "-d: must be longer than nothing"),
            (
                "run --service stamer",
                "--service: unknown service 'stamer'\n  hint: did you mean stammer?"
            ),
            (
                "run --service xyz",
                "--service: unknown service 'xyz'\n  hint: known: \(services)"
            ),
            ("run --format yaml", "--format: unknown format 'yaml'\n  hint: known: text, json"),
            (
                "run --think poisson:2s",
                "--think: 'poisson:2s' is neither a duration nor a distribution\n"
                    + "  hint: write 2s, uniform:1s,3s, lognormal:MEDIAN,SIGMA or exponential:MEAN"
            ),
            (
                "run --sandbox-error-rate 1.5",
                "--sandbox-error-rate: '1.5' is not a share\n"
                    + "  hint: write a number from 0 to 1, or a percentage such as 5%"
            ),
            (
                "run --seed -1",
                "--seed: '-1' is not a seed\n"
                    + "  hint: a seed is a whole number from 0 to 18446744073709551615"
            ),
            (
                "run --sandbox-limit 60/m",
                "--sandbox-limit: '60/m' is not a limit\n  hint: write '60 requests/m' or '10000 tokens/h';"
                    + " periods are s, m, h, d or 10s"
            ),
            (
                "serve --stall 5s:1s,7s",
                "--stall: '7s' is not a stall\n"
                    + "  hint: write AT:FOR, such as 30s:5s for five seconds from second 30 on"
            ),
            (
                "serve --fault rest:5%",
                "--fault: unknown fault 'rest'\n  hint: did you mean reset?"
            ),
            (
                "run --sandbox-fault nothing-like-it",
                "--sandbox-fault: unknown fault 'nothing-like-it'\n"
                    + "  hint: chatload serve --help lists them"
            ),
            (
                "serve --fault reset:5x",
                "--fault: '5x' is not a share\n  hint: write reset:5% or reset:0.05"
            ),
            (
                "serve --fault reset@pol",
                "--fault: unknown step 'pol'\n  hint: did you mean poll?"
            ),
            (
                "serve --limit stamer=5requests/s",
                "--limit: unknown service 'stamer'\n  hint: did you mean stammer?"
            ),
            (
                "serve --tamako-missing 404",
                "--tamako-missing: unknown status '404'\n  hint: did you mean 400?"
            ),
            (
                "report --quiet x",
                "unknown option '--quiet'\n  hint: --quiet is an option of chatload run"
            ),
            ("run --set novalue", "--set: wants NAME=VALUE"),
            ("run -H nocolon", "-H: wants 'NAME: VALUE'"),
            (
                "run -H 'a b: c'",
                "-H: is not a header line\n"
                    + "  hint: a name is letters, digits and hyphens; a value has no control characters"
            ),
            ("run --quiet=maybe", "--quiet: 'maybe' is neither true nor false"),
            (
                "serve --latency botyrd=5ms",
                "--latency: unknown service 'botyrd'\n  hint: did you mean botyard?"
            ),
            (
                "serve --port 65536",
                "--port: 65536 is out of range\n  hint: it must be between 0 and 65535"
            ),
            ("run -f none.json", "-f: cannot read 'none.json'"),
            ("run -c 'a\u{1B}[31m\n'", "-c: 'a·[31m·' is not a whole number"),
        ] as [(String, String)])
    func `complaints, word for word`(line: String, expected: String) {
        #expect(complaint(line) == "chatload: error: " + expected + "\n")
    }
}
