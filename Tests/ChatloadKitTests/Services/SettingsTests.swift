@testable import ChatloadKit
import Base
import Networking
import Testing

struct SettingsTests {
    @Test(arguments: Services.all)
    func theSandboxNeedsNoSettings(name: ServiceDescription) throws {
        let service = try name.configured(inSandbox: true)
        #expect(service.description.name == name.name)
        for parameter in name.parameters where parameter.isSecret {
            #expect(service.setup.settings.masked[parameter.name] == Secrets.mark)
        }
    }

    @Test func theTurnGoesBeforeTheConversationAndThatBeforeTheRun() async throws {
        let user = ScriptedUser(try Sample.tamako(["name": "run", "gender": "run"]))
        let turns = [["name": "turn"], [:], ["gender": "turn"], ["bot_name": "alias"]]
        user.session.conversation.with = ["name": "conversation"]
        for with in turns { await user.play(Turn(.say("x"), with: with)) }
        user.session.conversation.with = [:]
        await user.say("x")
        let names = user.line.requests.map { $0.split(separator: "&").filter { $0.contains("=") } }
            .map { $0.filter { $0.hasPrefix("name=") || $0.hasPrefix("gender=") } }
        #expect(
            names == [
                ["name=turn", "gender=run"], ["name=conversation", "gender=run"],
                ["name=conversation", "gender=turn"], ["name=alias", "gender=run"],
                ["name=run", "gender=run"],
            ])
    }

    @Test(arguments: Services.all)
    func aSeparatedServiceSpeaksTheSame(name: ServiceDescription) async throws {
        let service = try name.configured(pathPrefix: "/p", inSandbox: true)
        let (one, other) = (ScriptedUser(service), ScriptedUser(service.separated()))
        await one.say("hi")
        await other.say("hi")
        #expect(one.line.requests == other.line.requests)
        #expect(service.secrets == service.separated().secrets)
    }

    @Test(arguments: [
        (ServiceDescription.tamako, ["svcid": "x"], "tamako: prvid is required (Provision ID"),
        (.botyard, ["bott": "x"], "botyard: bott is not one of its parameters; did you mean bot?"),
        (.botyard, ["zzzzzz": "x"], "is not one of its parameters; it has bot, nickname,"),
        (.botyard, ["poll_every": "soon"], "poll_every is no duration: \"soon\"; write it like"),
        (.stammer, ["token": "t"], "stammer: chatbot_uuid is required"),
    ])
    func complains(name: ServiceDescription, settings: [String: String], text: String) {
        let complaint = #expect(throws: Fault.self) {
            try name.configured(settings)
        }
        #expect(complaint?.description.contains(text) == true)
    }

    @Test(arguments: [
        ("base", [HeaderField]()), ("/a b", []), ("/a?b", []), ("/a#b", []),
        ("", [HeaderField("A B", "x")]), ("", [HeaderField("A", "x\r\nB: y")]),
        ("", [HeaderField("content-length", "3")]),
    ])
    func refusesAddresses(prefix: String, headers: [HeaderField]) {
        #expect(throws: Fault.self) {
            try ServiceDescription.botyard.configured(pathPrefix: prefix, extraHeaders: headers)
        }
    }

    @Test func headersCanBeSecret() throws {
        let headers = [
            HeaderField("Authorization", "Bearer abc123"), HeaderField("Cookie", "a=va1; b=va2"),
            HeaderField("X-Api-Key", "k-9"), HeaderField("X-Trace", "seen"),
        ]
        let service = try ServiceDescription.botyard.configured(extraHeaders: headers)
        #expect(service.secrets.mask("abc123 va1 va2 k-9 seen") == "*** *** *** *** seen")
    }

    @Test(arguments: [
        ("bot", "bott"), ("page", "pgae"), ("poll_first", "poll-first"), ("overlap", "OVERLAP"),
    ])
    func findsTheNearestName(name: String, typed: String) {
        let names = ServiceDescription.botyard.parameters.map(\.name)
        #expect(nearestName(to: typed, among: names) == name)
        #expect(nearestName(to: "qqqqqqqq", among: names) == nil)
    }
}

struct SecretsTests {
    @Test(arguments: [
        ("key=s/c\"é<x end", "key=*** end"), ("s%2Fc%22%C3%A9%3Cx", "***"),
        ("s%2fc%22%c3%a9%3cx", "***"), (#"{"a":"s/c\"é<x"}"#, #"{"a":"***"}"#),
        (#"s\/c\"é<x"#, "***"), (#"s/c\"\u00e9\u003cx"#, "***"), ("abcabcd", "abc***"),
        ("a\r\nb\tc", "a  b c"), ("nothing", "nothing"),
    ])
    func masks(text: String, expected: String) {
        let secrets = Secrets(["s/c\"é<x", "", "abc", "abcd"])
        #expect(secrets.mask(text) == expected)
    }

    /// `swordfish` behind nothing, one, two and five other bytes.
    @Test(arguments: [
        ("c3dvcmRmaXNo", "***"), ("OnN3b3JkZmlzaA==", "O***=="), ("YTpzd29yZGZpc2gK", "YT***K"),
        ("Basic dXNlcjpzd29yZGZpc2g=", "Basic dXNlcj***="),
    ])
    func masksWithinBase64(text: String, expected: String) {
        #expect(Secrets(["swordfish"]).mask(text) == expected)
        #expect(Secrets(["swordfish"]).mask(Array(text.utf8)) == Array(expected.utf8))
    }

    @Test func furtherSecretsJoin() {
        #expect(Secrets(["abc"]).adding(["abcd"]).mask("abcd abc") == "*** ***")
    }

    @Test func masksBeforeItCuts() {
        let secrets = Secrets(["0123456789"])
        let text = String(repeating: "é", count: 195) + "0123456789" + "tail"
        #expect(secrets.mask(text) == String(repeating: "é", count: 195) + "***t…")
        #expect(secrets.mask(text, limit: .max).hasSuffix("***tail"))
    }

    @Test func aCombiningMarkHidesNoSecret() {
        #expect(Secrets(["abc"]).mask("abc\u{301} \r\n abc\r\n") == "***\u{301}    ***  ")
    }

    /// Wherever a long text is cut, no piece of a secret longer than a few bytes is left.
    @Test func noCutLeavesAPiece() {
        let secret = String(repeating: "k", count: 900)
        for padding in stride(from: 0, to: 2_000, by: 41) {
            let text = String(repeating: secret, count: 2) + String(repeating: "-", count: padding)
            let masked = Secrets([secret]).mask(text + String(repeating: secret, count: 3))
            #expect(!masked.contains("k"))
        }
    }
}
