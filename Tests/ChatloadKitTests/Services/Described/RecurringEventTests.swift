import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Events that are like one before them have the hits that reading them would find.
@Suite struct RecurringEventTests {
    private static let services = ["openai", "responses", "anthropic", "ollama", "gemini"]

    @Test(arguments: services)
    func hasTheHitsOfReading(name: String) throws {
        let places = try Self.places(of: name)
        let texts = (ReplyStreamRowTests.chat + ReplyStreamRowTests.others)
            .filter { $0.service == name }.flatMap(\.events).filter { $0.hasPrefix("{") }
        let words = [
            #""a""#, #""\"b\"""#, "\\n", "17", "-1", "2.5", "ä", "null", "true", "\"", ",",
        ]
        var mutator = Mutator(seeds: texts.map { Array($0.utf8) }, words: words, seed: 2_040)
        var recurred = 0
        for number in 0..<Fuzz.count(few: 3_000) {
            let kept = Array(texts[number % texts.count].utf8)
            guard let hits = try? places.read(kept.span, each: { _, _ in }) else { continue }
            let event = RecurringEvent()
            event.keep(kept.span, hits)
            let next = Self.changed(kept, number) ?? mutator.next()
            guard let found = event.hits(in: next.span) else { continue }
            recurred += 1
            let shown = "\(next.span.text) after \(kept.span.text)"
            let read = try #require(try? places.read(next.span, each: { _, _ in }), "\(shown)")
            try #require(Self.same(found, read), "\(shown)")
        }
        #expect(recurred > 500)
    }

    /// A document with another text or number in it; nil for one in three.
    private static func changed(_ bytes: [UInt8], _ number: Int) -> [UInt8]? {
        if number % 3 == 0 { return nil }
        var scanner = JSONScanner()
        var changed = bytes
        var random = SeededRandom(seed: 2_041 + UInt64(number))
        var shift = 0
        while let token = try? scanner.next(in: bytes.span), token != .end {
            let range: Range<Int>
            let new: String?
            switch token {
            case .string(let text):
                (range, new) = (
                    text.range,
                    ["", "x", "a longer text", #"\u00e4\n"#].randomElement(using: &random)
                )
            case .number(let digits):
                (range, new) = (
                    digits, ["0", "7", "123456", "-1.5e3"].randomElement(using: &random)
                )
            default: continue
            }
            guard random.next() % 2 == 0, let new else { continue }
            changed.replaceSubrange(
                range.lowerBound + shift..<range.upperBound + shift, with: new.utf8)
            shift += new.utf8.count - range.count
        }
        return changed
    }

    private static func same(_ one: PlaceHits, _ other: PlaceHits) -> Bool {
        one.present == other.present && one.several == other.several
            && (0..<32).allSatisfy { place in
                one[place].kind == other[place].kind && one[place].range == other[place].range
            }
    }

    private static func places(of name: String) throws -> ReplyPlaces {
        let file = try builtIn(name)
        return try ReplyPlaces(file.requests[0].reply, ParameterValues(of: file.parameters))
    }

    /// What leads to several values is read each time.
    @Test func severalValuesAtAPlaceAreRead() throws {
        let file = try described(reply: ##"{"as":"ndjson","text":"$.m[*].t","end":"close"}"##)
        let places = try ReplyPlaces(
            file.requests[0].reply, ParameterValues(of: file.parameters))
        let data = Array(#"{"m":[{"t":"a"},{"t":"b"}]}"#.utf8)
        let event = RecurringEvent()
        let hits = try places.read(data.span, each: { _, _ in })
        event.keep(data.span, hits)
        #expect(hits.hasSeveral && event.hits(in: data.span) == nil)
    }

    /// A stream whose events are all different is not compared for ever, until the next one.
    @Test func whatNeverRecursIsKeptNoMore() throws {
        let places = try Self.places(of: "openai")
        let event = RecurringEvent()
        func isKept(_ text: String) throws -> Bool {
            let data = Array(text.utf8)
            if event.hits(in: data.span) == nil {
                event.keep(data.span, try places.read(data.span, each: { _, _ in }))
            }
            return event.hits(in: data.span) != nil
        }
        #expect(try isKept("{}"))
        for count in 1..<20 {
            let text = "[" + String(repeating: "[],", count: count) + "1]"
            #expect(try isKept(text))
        }
        for count in 1..<20 {
            let data = Array(("{" + String(repeating: " ", count: count) + "}").utf8)
            _ = event.hits(in: data.span)
        }
        #expect(try !isKept("[2]"))
        event.reset()
        #expect(try isKept("[2]"))
    }
}
