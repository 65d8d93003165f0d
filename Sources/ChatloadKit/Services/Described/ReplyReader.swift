import Base
import Networking

/// Plan of how a request's responses are read: its places, compiled, and what their values mean.
final class ReplyPlan: Sendable {
    let places: ReplyPlaces
    let form: ServiceReply.Form
    private let statuses: [ClosedRange<Int>]
    let hasElements: Bool
    let join: [UInt8]
    let failedFinishes: [String]
    let end: ServiceReply.End
    /// The data, or the type, of the event that ends a stream.
    let endData: [UInt8]?
    let endType: [UInt8]?
    let patterns: [(capture: Int, pattern: Pattern)]
    let needsText: Bool
    /// Whether it says where a text would be.
    let looksForText: Bool

    /// - Throws: that there are too many places, or a capture that cannot be taken yet.
    init(_ reply: ServiceReply, _ parameters: ParameterValues) throws(Fault) {
        places = try ReplyPlaces(reply, parameters)
        form = reply.form
        statuses = reply.statuses
        hasElements = reply.each != nil
        join = Array(reply.join.utf8)
        failedFinishes = reply.failedFinishes
        end = reply.end
        endData = if case .data(let text) = reply.end { Array(text.utf8) } else { nil }
        endType = if case .event(let type) = reply.end { Array(type.utf8) } else { nil }
        needsText = reply.needsText
        looksForText = !reply.text.isEmpty
        patterns = reply.captures.compactMap {
            if case .pattern(let pattern) = $0.source { ($0.capture, pattern) } else { nil }
        }
        for (_, source) in reply.captures {
            guard case .header(let name) = source else { continue }
            throw Fault(
                "a capture from the header \(name) is not played yet",
                hint: "take it from the body, if it is there too")
        }
    }

    /// Whether a status is one of success.
    func accepts(_ status: Int) -> Bool { statuses.contains { $0.contains(status) } }

    /// Whether the end of the body ends a stream, whatever came.
    var isOpenEnded: Bool { if case .close = end { true } else { false } }

    /// Whether nothing but the end of the body ends a stream.
    var endsWithBody: Bool {
        switch end {
        case .finish, .close: true
        case .data, .event, .place: false
        }
    }

    /// Whether a reply comes in pieces.
    var isStreamed: Bool { form == .sse || form == .ndjson }
}

/// Reader of the responses to one request of a session: what in them is the reply, and what of it is
/// wrong. Nothing is allocated for what is good. Confined to its user's loop.
final class ReplyReader {
    let plan: ReplyPlan
    private let values: SessionValues
    /// Whether the event at hand has brought reasoning.
    private var hasReasoning = false
    private let places: ReplyPlaces
    /// What the events of streams are compared with; nil where every element of one counts.
    private let recurring: RecurringEvent?

    init(_ plan: ReplyPlan, for values: SessionValues) {
        self.plan = plan
        self.values = values
        places = plan.places
        recurring = plan.isStreamed && !plan.hasElements ? RecurringEvent() : nil
    }

    /// Ready for another stream.
    func reset() { recurring?.reset() }

    /// Reads a response that came whole.
    ///
    /// - Throws: what is wrong with it: its status, an error in it, or that it is no reply.
    func read(
        _ head: ResponseHead, _ body: Span<UInt8>, into reply: inout ParsedReply
    ) throws(ExchangeFailure) {
        guard plan.accepts(head.status), head.contentProblem == nil else {
            throw failure(of: head, body)
        }
        switch plan.form {
        case .none: break
        case .text:
            guard body.isUTF8 else {
                throw ExchangeFailure(.malformedReply, "the reply is not UTF-8")
            }
            reply.text.append(body)
        // What goes elsewhere has been accepted.
        case .json, .sse, .ndjson:
            let isAccepted = head.status == 202 || head.status == 204
            if !body.isEmpty || !isAccepted {
                try readDocument(body, isAccepted: isAccepted, into: &reply)
            }
        }
        capturePatterns(in: body)
        try deliver(&reply)
    }

    /// Takes an event of a stream.
    ///
    /// - Parameters:
    ///   - type: of an SSE event; empty where it has none, and in NDJSON.
    ///   - arrived: when it came, on the loop's clock.
    /// - Throws: the error that it tells, or that it is no JSON.
    func take(
        type: Span<UInt8>, data: Span<UInt8>, arrived: Nanoseconds, into reply: inout ParsedReply
    ) throws(ExchangeFailure) -> BodyReader.Progress {
        if isTerminator(data) { return terminate(&reply) }
        let (answered, besides) = (reply.text.count, reply.besides.count)
        hasReasoning = false
        var wrong: ExchangeFailure?
        let hits: PlaceHits
        do throws(JSONError) {
            hits = try places.read(data, like: recurring) { hits, element in
                wrong = wrong ?? error(ofElement: true, in: hits, of: data)
                take(ofElement: true, in: hits, of: data, element, joining: false, into: &reply)
            }
        } catch {
            if isTerminator(ofType: type) { return terminate(&reply) }
            throw ErrorBodyReader.malformed(error, data)
        }
        if let failure = wrong ?? error(ofElement: false, in: hits, of: data) { throw failure }
        if type.equals("error", 0..<type.count) {
            throw failure(
                .serviceError, ErrorBodyReader.excerpt(of: data), in: hits, of: data, nil)
        }
        take(
            ofElement: false, in: hits, of: data, 0..<data.count, joining: false, into: &reply)
        let isAnswer = reply.text.count > answered
        let isOutput = isAnswer || reply.besides.count > besides
        if isOutput {
            reply.output.take(
                isAnswer ? .answer : hasReasoning ? .reasoning : .tool, at: arrived)
            if reply.output.frames == 1 {
                reply.output.firstTokens = places.sum(.replyTokens, in: hits, of: data, values)
            }
        }
        try checkFinish(reply)
        if isTerminator(ofType: type) || places.first(.end, in: hits, of: data, values) != nil {
            return terminate(&reply)
        }
        return isOutput ? .advanced : .waiting
    }

    /// Ends a stream whose body has ended as it should.
    ///
    /// - Parameter events: how many there were.
    /// - Throws: that the reply has not ended with it.
    func finish(events: Int, into reply: inout ParsedReply) throws(ExchangeFailure) {
        if !plan.isOpenEnded {
            guard events > 0 else {
                throw ExchangeFailure(.malformedReply, "a stream without an event")
            }
            guard reply.output.hasTerminator || !reply.output.finish.isEmpty else {
                throw ExchangeFailure(.closedEarly, "the stream ended without its end")
            }
        }
        // Where a service has no terminator, the end of the body is it.
        if plan.endsWithBody { reply.output.hasTerminator = true }
        try deliver(&reply)
    }

    private func deliver(_ reply: inout ParsedReply) throws(ExchangeFailure) {
        if plan.needsText, reply.text.isEmpty {
            throw ExchangeFailure(.noReply, "the response holds no text")
        }
        reply.deliversReply = true
    }
}

/// Documents.
extension ReplyReader {
    private func readDocument(
        _ body: Span<UInt8>, isAccepted: Bool, into reply: inout ParsedReply
    ) throws(ExchangeFailure) {
        var wrong: ExchangeFailure?
        let hits: PlaceHits
        do throws(JSONError) {
            hits = try places.read(body) { hits, element in
                wrong = wrong ?? error(ofElement: true, in: hits, of: body)
                take(ofElement: true, in: hits, of: body, element, joining: true, into: &reply)
            }
        } catch {
            throw ErrorBodyReader.malformed(error, body)
        }
        if let failure = wrong ?? error(ofElement: false, in: hits, of: body) { throw failure }
        take(ofElement: false, in: hits, of: body, 0..<body.count, joining: true, into: &reply)
        try checkFinish(reply)
        let isReply =
            isAccepted || plan.hasElements || !plan.looksForText || !reply.besides.isEmpty
            || places.has(.text, in: hits) || !reply.output.finish.isEmpty
        guard isReply else {
            throw ErrorBodyReader.lacking("answer text", body)
        }
    }

    /// Takes what an element, or the whole document, has of the reply.
    private func take(
        ofElement isOfElement: Bool, in hits: borrowing PlaceHits, of bytes: Span<UInt8>,
        _ scope: Range<Int>, joining: Bool, into reply: inout ParsedReply
    ) {
        if let place = places.first(.text, ofElement: isOfElement, in: hits, of: bytes, values) {
            places.append(
                place, in: hits, of: bytes, scope: scope, to: &reply.text,
                join: joining ? plan.join : [])
        }
        takeBesides(
            .reasoning, isOfElement, in: hits, of: bytes, scope, joining, into: &reply)
        takeBesides(.tool, isOfElement, in: hits, of: bytes, scope, joining, into: &reply)
        takeFigures(isOfElement, in: hits, of: bytes, into: &reply)
        for index in places.captures.indices {
            let (place, capture) = places.captures[index]
            guard place.isOfElement == isOfElement, hits[place.path].isThere,
                places.holds(place, in: hits, of: bytes, values)
            else { continue }
            var value = ByteBuffer()
            hits[place.path].append(to: &value, from: bytes)
            values.captures[capture] = value.bytes
        }
    }

    private func takeBesides(
        _ role: ReplyPlaces.Role, _ isOfElement: Bool, in hits: borrowing PlaceHits,
        of bytes: Span<UInt8>, _ scope: Range<Int>, _ joining: Bool, into reply: inout ParsedReply
    ) {
        guard let place = places.first(role, ofElement: isOfElement, in: hits, of: bytes, values)
        else { return }
        if role == .reasoning { hasReasoning = true }
        places.append(
            place, in: hits, of: bytes, scope: scope, to: &reply.besides,
            join: joining ? plan.join : [])
    }

    /// Takes the numbers of tokens, of which the last count, and why the reply ended.
    private func takeFigures(
        _ isOfElement: Bool, in hits: borrowing PlaceHits, of bytes: Span<UInt8>,
        into reply: inout ParsedReply
    ) {
        func sum(_ role: ReplyPlaces.Role) -> Int? {
            places.sum(role, ofElement: isOfElement, in: hits, of: bytes, values)
        }
        if let tokens = sum(.promptTokens) { reply.promptTokens = tokens }
        if let tokens = sum(.replyTokens) { reply.replyTokens = tokens }
        if let tokens = sum(.cachedTokens) { reply.output.cachedTokens = tokens }
        if let tokens = sum(.reasoningTokens) { reply.output.reasoningTokens = tokens }
        if let place = places.first(.finish, ofElement: isOfElement, in: hits, of: bytes, values) {
            reply.output.finish = hits[place.path].string(in: bytes)
        }
        if places.first(.others, ofElement: isOfElement, in: hits, of: bytes, values) != nil {
            reply.output.hasOthers = true
        }
    }

    private func capturePatterns(in body: Span<UInt8>) {
        for (capture, pattern) in plan.patterns {
            var budget = PatternBudget.forReply
            let groups = try? pattern.firstMatch(in: body, &budget)
            // The first group, or the match where there is none.
            guard let groups, let range = groups.count > 1 ? groups[1] : groups[0] else { continue }
            values.captures[capture] = body.extracting(range).array
        }
    }

    private func checkFinish(_ reply: borrowing ParsedReply) throws(ExchangeFailure) {
        if plan.failedFinishes.isEmpty { return }
        guard plan.failedFinishes.contains(reply.output.finish) else { return }
        throw ExchangeFailure(.serviceError, "the reply ended with \(reply.output.finish)")
    }
}

/// Ends of streams.
extension ReplyReader {
    private func terminate(_ reply: inout ParsedReply) -> BodyReader.Progress {
        reply.output.hasTerminator = true
        return .ended
    }

    /// Whether data is the stream's end: what the description says, or what services that speak after
    /// OpenAI's example may send in any case.
    private func isTerminator(_ data: Span<UInt8>) -> Bool {
        // Nearly all data is an object.
        if data.isEmpty || data[0] == UInt8(ascii: "{") { return false }
        if plan.form == .sse, data.equals("[DONE]", 0..<data.count) { return true }
        guard let end = plan.endData else { return false }
        return data.isEqual(to: end.span)
    }

    private func isTerminator(ofType type: Span<UInt8>) -> Bool {
        guard !type.isEmpty, let end = plan.endType else { return false }
        return type.isEqual(to: end.span)
    }
}

/// Failures: cold code.
extension ReplyReader {
    /// The error that an element, or the whole document, tells; nil where it tells none.
    private func error(
        ofElement isOfElement: Bool, in hits: borrowing PlaceHits, of bytes: Span<UInt8>
    ) -> ExchangeFailure? {
        guard
            let place = places.first(.error, ofElement: isOfElement, in: hits, of: bytes, values)
        else { return nil }
        let text = hits[place.path].string(in: bytes)
        return failure(.serviceError, text, in: hits, of: bytes, nil)
    }

    /// The failure of a response whose status is none of success, or that could not be decoded.
    @inline(never)
    private func failure(of head: ResponseHead, _ body: Span<UInt8>) -> ExchangeFailure {
        let hits = (try? places.read(body) { _, _ in }) ?? PlaceHits()
        let told = places.first(.error, in: hits, of: body, values).map {
            hits[$0.path].string(in: body)
        }
        let own = ErrorClass(status: head.status) ?? .httpUnexpected
        let read = failure(
            own, told ?? ErrorBodyReader.excerpt(of: body), in: hits, of: body, head.status)
        let errorClass = plan.accepts(head.status) ? nil : read.errorClass
        let text = read.detail.isEmpty ? nil : read.detail
        var failure = ErrorBodyReader.failure(errorClass, head, text) ?? read
        (failure.asked, failure.endsCredential) = (read.asked, read.endsCredential)
        failure.isAstray = head.status == 404 && told == nil
        return failure
    }

    /// A failure with what the document says of it besides its text.
    @inline(never)
    private func failure(
        _ errorClass: ErrorClass, _ text: String, in hits: borrowing PlaceHits,
        of bytes: Span<UInt8>, _ status: Int?
    ) -> ExchangeFailure {
        var failure = ExchangeFailure(errorClass, text)
        if places.first(.rejected, in: hits, of: bytes, values) != nil {
            failure.errorClass = .rejected
        }
        if places.first(.exhausted, in: hits, of: bytes, values) != nil {
            failure.endsCredential = true
        }
        if let place = places.first(.wait, in: hits, of: bytes, values) {
            failure.asked = Units.parseDuration(hits[place.path].string(in: bytes))
        }
        let mayBeTooLong = status.map { 400...499 ~= $0 && $0 != 429 } ?? true
        if mayBeTooLong, isOverflow(hits, bytes) {
            failure.detail = "context length: " + text
        }
        return failure
    }

    /// Whether the prompt was longer than the model takes.
    private func isOverflow(_ hits: borrowing PlaceHits, _ bytes: Span<UInt8>) -> Bool {
        for (place, texts) in places.signs {
            guard hits[place.path].isThere, places.holds(place, in: hits, of: bytes, values) else {
                continue
            }
            if texts.isEmpty { return true }
            let text = hits[place.path].string(in: bytes).lowercased()
            if texts.contains(where: { text.contains($0.lowercased()) }) { return true }
        }
        return false
    }
}
