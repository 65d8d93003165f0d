import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct PreviewTests {
    @Test func showsWhatWouldBeSentWithoutSecrets() async throws {
        let conversation = try parse(
            #"{"user":"ana","turns":[{"say":"I am ${user}"},{"call":"login"},{"say":"Bye"}]}"#
        ).get()
        let preview = try await ObligingService().preview(of: conversation, host: "h:1")
        #expect(
            preview
                == {
                    var expected = Preview()
                    let head = "POST /say HTTP/1.1\nHost: h:1\n\nana: "
                    expected.exchanges = [
                        PreviewedExchange(
                            turn: 1, step: "say", pause: .zero, request: head + "I am ana, ***"),
                        PreviewedExchange(
                            turn: 3, step: "say", pause: .seconds(1), request: head + "Bye, ***"
                        ),
                    ]
                    return expected
                }())
    }

    @Test func endsWhereItIsTold() async throws {
        let conversation = try parse(#"{"turns":[{"say":"a"},{"say":"b"},{"say":"c"}]}"#).get()
        let preview = try await ObligingService().preview(of: conversation, host: "h", limit: 2)
        #expect(preview.exchanges.map(\.turn) == [1, 2])
        #expect(preview.isCutShort)
        #expect(preview.failure == nil)
    }
}
