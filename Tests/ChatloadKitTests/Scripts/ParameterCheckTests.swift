import Base
import Networking
import Testing

@testable import ChatloadKit

/// What `plan` says of the parameters that scripts set.
@Suite struct ParameterCheckTests {
    @Test(arguments: [
        (
            #"{"turns":[{"say":"x","with":{"polls":"0"}}]}"#,
            "turn 1: botyard: polls does not fit: \"0\""
        ),
        (
            #"{"with":{"polls":"x"},"turns":[{"say":"x"},{"say":"y"}]}"#,
            "botyard: polls does not fit: \"x\""
        ),
        // A column is checked with the first row, a capture only by its parameter's name.
        (#"{"turns":[{"say":"x","with":{"polls":"${n}"}}]}"#, nil),
        (
            #"{"turns":[{"say":"x","with":{"polls":"${word}"}}]}"#,
            "turn 1: botyard: polls does not fit: \"many\""
        ),
        (#"{"turns":[{"say":"x","capture":{"p":"."}},{"say":"y","with":{"polls":"${p}"}}]}"#, nil),
        (
            #"{"turns":[{"say":"x","capture":{"p":"."}},{"say":"y","with":{"poll":"${p}"}}]}"#,
            "turn 2: poll is no parameter of the service; did you mean polls?"
        ),
        (
            #"{"turns":[{"say":"x","capture":{"p":"."}},{"say":"y","with":{"polls":"0","body":"${p}"}}]}"#,
            "turn 2: botyard: polls does not fit: \"0\""
        ),
        (#"{"turns":[{"say":"x","attach":["/nowhere/${word}"]}]}"#, nil),
    ])
    func saysWhatIsWrong(line: String, expected: String?) throws {
        let service = try ServiceDescription.botyard.configured(inSandbox: true)
        try withFile(line) { path in
            let workload = try Workload.open([path], columns: ["n", "word"])
            let review = workload.review(with: service, row: ["3", "many"])
            let messages = review.complaints.map(\.message)
            #expect(messages.count == (expected == nil ? 0 : 1))
            #expect(messages.first?.hasPrefix(expected ?? "") ?? true, "\(messages)")
        }
    }

    @Test func asksOnceForEachSet() throws {
        let service = try CountingService()
        let lines = (0..<300).map { number in
            #"{"with":{"a":"\#(number % 3)"},"turns":[{"say":"x"},{"say":"y","with":{"b":"1"}}]}"#
        }
        try withFile(lines.joined(separator: "\n")) { path in
            let review = try Workload.open([path]).review(with: service)
            #expect(review.complaints.isEmpty)
        }
        #expect(service.made.withLock { $0 } == 6)
    }
}

/// A service that counts how often it is made with other parameters.
private final class CountingService: ChatService {
    let setup: ServiceSetup
    let made: Locked<Int>

    convenience init() throws {
        let made = Locked(0)
        let description = ServiceDescription(
            name: "counting", summary: "", path: "/x",
            parameters: ["a", "b", "c", "dev", "name", "gender"].map { ServiceParameter($0, "") },
            textLimit: nil
        ) { setup in
            made.withLock { $0 += 1 }
            return CountingService(setup, made)
        }
        self.init(
            ServiceSetup(
                try ServiceSettings([:], for: description), at: try ServiceAddress(for: description)
            ), made)
    }

    private init(_ setup: ServiceSetup, _ made: Locked<Int>) {
        self.setup = setup
        self.made = made
    }

    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {}

    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String {
        "{}"
    }
}
