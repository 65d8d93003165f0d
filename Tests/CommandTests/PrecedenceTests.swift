import ChatloadKit
import Base
import Networking
import Testing

@testable import chatload

@Suite struct PrecedenceTests {
    private let file = [
        "c.json": #"{"users": 3, "set": {"bot": "file", "polls": 4}, "quiet": true}"#
    ]

    @Test(
        arguments: [
            ("-f c.json -c 1", ["CHATLOAD_CONCURRENCY": "2"], 1),
            ("-f c.json", ["CHATLOAD_CONCURRENCY": "2"], 2),
            ("-f c.json", [:], 3),
            ("-f c.json", ["CHATLOAD_CONCURRENCY": ""], 3),
            ("", ["CHATLOAD_CONFIG": "c.json"], 3),
            ("", [:], nil),
        ] as [(String, [String: String], Int?)])
    func `flag beats environment beats file beats default`(
        line: String, environment: [String: String], users: Int?
    ) throws {
        #expect(try runSettings(line, in: .made(environment, files: file)).plan.load.users == users)
    }

    @Test func `values with keys are overridden key by key`() throws {
        let surroundings = ProcessEnvironment.made(
            ["CHATLOAD_SET": "polls=5\nname=Ann=a"], files: file)
        let settings = try runSettings("-f c.json --set name=Bob --quiet=false", in: surroundings)
        #expect(settings.service.parameters["bot"] == "file")
        #expect(settings.service.parameters["polls"] == "5")
        #expect(settings.service.parameters["name"] == "Bob")
        #expect(!settings.process.isQuiet)
    }

    @Test func `lists are replaced as a whole`() throws {
        let surroundings = ProcessEnvironment.made(
            ["CHATLOAD_WORKLOAD": "e1\ne2"], files: ["c.json": #"{"workload": ["f1", "f2"]}"#])
        #expect(try runSettings("-f c.json a", in: surroundings).plan.workload.files == ["a"])
        #expect(try runSettings("-f c.json", in: surroundings).plan.workload.files == ["e1", "e2"])
        let plain = ProcessEnvironment.made(files: ["c.json": #"{"workload": ["f1", "f2"]}"#])
        #expect(try runSettings("-f c.json", in: plain).plan.workload.files == ["f1", "f2"])
    }

    @Test func `a file may hold options of other commands and every kind of value`() throws {
        let text = """
            {"port": 80, "latency": {"tamako": "5ms"}, "header": {"X-A": "1"}, "label": ["a=1", "b=2"],
             "duration": "1m", "grace": 2.5, "no-progress": true, "seed": null, "service": "stammer", "target": "http:\\/\\/h"}
            """
        let settings = try runSettings("-f c.json", in: .made(files: ["c.json": text]))
        #expect(settings.service.headers["X-A"] == "1")
        #expect(settings.output.labels["a"] == "1" && settings.output.labels["b"] == "2")
        #expect(
            settings.plan.load.duration == .seconds(60)
                && settings.plan.load.grace == .milliseconds(2_500))
        #expect(
            settings.process.hidesProgress && settings.plan.seed == nil
                && settings.service.target == "http://h")
    }

    @Test(arguments: [
        (#"{"uzers": 3}"#, "c.json:1:3: uzers: is no option\n  hint: did you mean users?"),
        (
            #"{"hunter2Secret_": 3}"#,
            "c.json:1:3: is no option\n"
                + "  hint: the keys are the long names of options, such as \"duration\""
        ),
        (
            "{\n \"xyz\": 3}",
            "c.json:2:3: xyz: is no option\n"
                + "  hint: the keys are the long names of options, such as \"duration\""
        ),
        ("{\n\n \"users\": \"x\"}", "c.json:3:3: users: 'x' is not a whole number"),
        (
            #"{"users": [1]}"#,
            "c.json:1:3: users: has a value of the wrong kind\n  hint: give one value"
        ),
        (#"{"set": [[1]]}"#, "c.json:1:3: set: has an element that is not a plain value"),
        (#"{"set": {"a": []}}"#, "c.json:1:3: set: has a member that is not a plain value"),
        ("[]", "c.json:1:1: config: must be one JSON object, {…}"),
        (
            "{\"users\": 2,\n \"users\": 3}",
            "c.json:2:3: users: the option is there already\n  hint: leave one of them out"
        ),
        (
            #"{"concurrency": 2, "users": 3}"#,
            "c.json:1:21: users: the option is there already\n  hint: leave one of them out"
        ),
        (
            #"{"slo": "a", "slo": "b"}"#,
            "c.json:1:15: slo: the option is there already\n"
                + "  hint: give it once, with an array of values"
        ),
        (
            #"{"set": {"a": 1, "a": 2}}"#,
            "c.json:1:3: set: has a member twice\n  hint: leave one of them out"
        ),
        (#"{"config": "d.json"}"#, "c.json:1:3: config: a configuration file cannot name another"),
    ])
    func `complaints about a file show the place`(text: String, expected: String) {
        let surroundings = ProcessEnvironment.made(files: ["c.json": text])
        #expect(complaint("run -f c.json", in: surroundings) == "chatload: error: \(expected)\n")
    }

    @Test func `a file is read whatever editor has saved it`() throws {
        let surroundings = ProcessEnvironment.made(files: [
            "c.json": "\u{FEFF}{\"users\": 7, \"set\": {\"token\": \"file:t\"}}",
            "t": "\u{FEFF}abc\r\n",
        ])
        let settings = try runSettings("-f c.json", in: surroundings)
        #expect(settings.plan.load.users == 7)
        #expect(try surroundings.resolve("file:t") == "abc")
    }

    @Test func `a file of another kind is named, not quoted`() {
        let surroundings = ProcessEnvironment(environment: [:]) { _ in [0x1F, 0x8B, 8, 0] }
        let text = complaint("run -f c.json", in: surroundings)
        #expect(text.contains("this is packed with gzip\n  hint: unpack it first"), "\(text)")
    }

    @Test func `reports are no stream`() {
        for line in ["run w.jsonl -o -", "report r -o -", "compare a b -o -"] {
            #expect(complaint(line).contains("-o: '-' is stdout"), "\(line)")
        }
    }

    @Test func `complaints about a variable name it`() {
        let text = complaint(
            "run", in: .made(["CHATLOAD_USERS": "x", "CHATLOAD_CONCURRENCY": "y"]))
        #expect(text == "chatload: error: CHATLOAD_CONCURRENCY: 'y' is not a whole number\n")
    }

    @Test func `variables that are nearly an option's are pointed out`() {
        let surroundings = ProcessEnvironment.made([
            "CHATLOAD_CONCURENCY": "5", "CHATLOAD_RECORD": "1", "CHATLOAD_SEED": "1",
        ])
        #expect(
            surroundings.strayVariables() == [
                "environment variable CHATLOAD_CONCURENCY is no option; "
                    + "did you mean CHATLOAD_CONCURRENCY?"
            ])
    }
}
