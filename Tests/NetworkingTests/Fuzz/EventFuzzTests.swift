import Base
import Support
import Testing

@testable import Networking

/// Streamed bodies that nobody meant: the same events however they are cut, and never a trap.
@Suite struct EventFuzzTests {
    @Test(arguments: [EventSplitter.Form.serverSent, .lines])
    func givesTheSameEventsHoweverTheBodyIsCut(form: EventSplitter.Form) {
        let texts = EventSplitterTests.rows.map(\.body)
        let words = [
            "data:", "data: ", "event: ", ":", "\n", "\r", "\r\n", "\n\n", "\u{FEFF}", "[DONE]",
        ]
        let fuzz = Fuzz("events", texts: texts, words: words)
        fuzz.play(few: 2_000) { input in
            let whole = Self.events(of: [input.bytes], form)
            #expect(Self.events(of: input.pieces(), form) == whole, "\(input)")
        }
    }

    private static func events(of pieces: [[UInt8]], _ form: EventSplitter.Form) -> [[UInt8]] {
        var splitter = EventSplitter(form)
        var events: [[UInt8]] = []
        let take: (Span<UInt8>, Span<UInt8>) -> Bool = {
            events.append($0.array + [0] + $1.array)
            return true
        }
        do throws(HTTPError) {
            for piece in pieces { try splitter.feed(piece.span, take) }
            try splitter.end(take)
        } catch {
            events.append(Array("too long".utf8))
        }
        return events
    }
}
