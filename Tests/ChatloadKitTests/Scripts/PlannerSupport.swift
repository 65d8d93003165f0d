import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// A service that takes everything but texts that are too long, and the parameters of all services.
final class ObligingService: ChatService {
    let setup: ServiceSetup

    private init(_ setup: ServiceSetup) { self.setup = setup }

    init(longestText: Int? = nil) throws {
        let steps = Services.stepNames.map {
            StepDescription($0, isCallable: true, attachments: .optional)
        }
        let names = Set(Services.all.flatMap { $0.parameters.map(\.name) })
        let description = ServiceDescription(
            name: "obliging", summary: "", path: "/x",
            parameters: names.sorted().map { ServiceParameter($0, "") }, steps: steps,
            textLimit: longestText
        ) { setup in ObligingService(setup) }
        setup = ServiceSetup(
            try ServiceSettings([:], for: description),
            at: try ServiceAddress(
                extraHeaders: [HeaderField("Authorization", "sesame")], for: description))
    }

    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        guard case .say(let text) = turn.action else { return }
        let greeting = session.conversation.identity
        try await transport.exchange(.say, prompt: text, stream: nil) { buffer in
            buffer.append(
                "POST /say HTTP/1.1\r\nHost: \(transport.host)\r\n\r\n\(greeting): \(text), sesame")
        } read: { head, body, reply throws(ExchangeFailure) in
            reply.text.append(body)
        }
        try await transport.pause(.seconds(1))
    }

    func exchangeCount(of turn: Turn) -> ClosedRange<Int> {
        turn.attachments.isEmpty ? 1...2 : 2...4
    }

    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String {
        "{}"
    }
}

/// A file that is there while `body` runs.
func withFile<Result>(
    _ text: String, suffix: String = ".jsonl", _ body: (String) throws -> Result
) throws -> Result {
    try withFile(bytes: Array(text.utf8), suffix: suffix, body)
}

/// A file that is there while `body` runs.
func withFile<Result>(
    bytes: [UInt8], suffix: String = ".jsonl", _ body: (String) throws -> Result
) throws -> Result {
    var template = Array("/tmp/chatload-test-XXXXXX\(suffix)".utf8CString)
    let descriptor = mkstemps(&template, Int32(suffix.utf8.count))
    try #require(descriptor >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
    return try body(path)
}

/// The conversation of a line, or the complaint about it with `f` for the file.
func parse(_ line: String, columns: [String] = []) -> Result<Conversation, Fault> {
    let bytes = Array(line.utf8)
    return Result { () throws(Fault) in
        try ElementParser.conversation(in: bytes.span, line: 7, columns: columns)
    }
}

extension Conversation {
    /// The turns as they are said when nothing has been captured.
    func spoken(
        by identity: String, iteration: Int, row: [String] = []
    ) throws(ExchangeFailure) -> [Turn] {
        var values = VariableValues(
            of: self, identity: identity, iteration: iteration, row: .success(row))
        var spoken: [Turn] = []
        for index in turns.indices {
            values.begin(turn: index + 1)
            spoken.append(try turn(at: index, with: values))
        }
        return spoken
    }
}

/// The folder that holds `Package.swift`.
let repository = #filePath.components(before: "/Tests/")

extension String {
    /// What stands before the last `mark`.
    func components(before mark: String) -> String {
        var place = endIndex
        while place > startIndex {
            place = index(before: place)
            if self[place...].hasPrefix(mark) { return String(self[..<place]) }
        }
        return self
    }
}

/// The text of a file, or an empty one.
func contents(of path: String) -> String { text(of: path) ?? "" }

extension Pattern {
    /// The first match, whatever it takes.
    func firstMatch(in bytes: Span<UInt8>) -> [Range<Int>?]? {
        var budget = PatternBudget(.max)
        return try? firstMatch(in: bytes, &budget)
    }

    /// The steps that a search takes.
    func steps(in bytes: Span<UInt8>) -> Int {
        var budget = PatternBudget(.max)
        _ = try? firstMatch(in: bytes, &budget)
        return .max - budget.left
    }
}
