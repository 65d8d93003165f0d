import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// A way from the client to the sandbox.
enum Way: String, Sendable {
    /// HTTP in virtual time.
    case simulated, simulatedTLS
    /// HTTP over the kernel's sockets.
    case http, https

    static let kernel = [Way.http, .https]

    /// For all runs, since making one takes its time.
    private static let identity = try? TLSIdentity.selfSigned(hosts: ["127.0.0.1"])

    var loop: LoopKind { self == .simulated || self == .simulatedTLS ? .simulated : .real }

    private var isTLS: Bool { self == .simulatedTLS || self == .https }

    /// What the sandbox shows of itself; nil without TLS.
    func identity() throws -> TLSIdentity? {
        if !isTLS { return nil }
        let identity: TLSIdentity = try #require(Self.identity)
        return identity
    }
}

/// One run in which some requests of four users meet with a fault.
struct FaultRow: Sendable, CustomTestStringConvertible {
    static let latency = Nanoseconds.milliseconds(2)

    let way: Way
    let service: ServiceDescription
    let fault: InjectedFault

    /// Every fault for every service whose replies can have it; those that are not of streams for one
    /// streamed service, since a head is a head.
    static func rows(over way: Way) -> [FaultRow] {
        Services.all.flatMap { service in
            InjectedFault.allCases.map { FaultRow(way: way, service: service, fault: $0) }
        }.filter { row in
            let isOne = !row.isStreamed || row.service.name == "openai"
            return row.isPossible && (row.fault.isOfStreams || isOne)
        }
    }

    /// Every fault of the chosen classes, and every service that can have it in its turn.
    static func samples(over way: Way, where isChosen: (ErrorClass?) -> Bool = { _ in true })
        -> [FaultRow]
    {
        let services = Services.all
        return InjectedFault.allCases.enumerated().compactMap { number, fault in
            let rows = services.map { FaultRow(way: way, service: $0, fault: fault) }
            let possible = rows.filter { $0.isPossible && isChosen($0.expected.first) }
            return possible.isEmpty ? nil : possible[number % possible.count]
        }
    }

    /// Whether the service's replies stream.
    var isStreamed: Bool {
        SandboxSettings.services.contains { $0.name == service.name && $0.generates }
    }

    /// Whether the service's replies can have it.
    var isPossible: Bool {
        switch fault {
        case .noDone: ["openai", "azure-openai", "anthropic"].contains(service.name)
        case .errorEvent, .bom, .comments, .splitData: isStreamed && service.name != "ollama"
        default: isStreamed || !fault.isOfStreams
        }
    }

    /// The class of what it hits; none where it does no harm.
    var expected: Set<ErrorClass> {
        Set([isStreamed ? inStream : fault.expected].compactMap(\.self))
    }

    /// The class where the reply streams, which is over with its end, whatever else was announced. The
    /// end of Gemini's is that of the body.
    private var inStream: ErrorClass? {
        let endsWithBody = service.name == "gemini"
        return switch fault {
        case .lengthTooLong, .chunkTooLarge: endsWithBody ? .timeout : nil
        case .endlessBody: endsWithBody ? .tooLarge : nil
        case .lengthTooShort: .closedEarly
        // Output that is no text is none; the type of an event of Responses is.
        case .wrongTypes: service.name == "responses" ? .closedEarly : nil
        case .errorEvent: service.name == "anthropic" ? .rejected : .serviceError
        default: fault.expected
        }
    }

    /// Whether it hits anything at all, whatever the moment.
    var isFelt: Bool {
        !expected.isEmpty
    }

    /// Whether it ends with the time-out.
    var isWaitedFor: Bool { expected == [.timeout] }

    /// Short where it is waited for; where it is not, a busy machine must not come near it.
    var timeout: Nanoseconds {
        isWaitedFor && way.loop == .real ? .seconds(2) : .seconds(10)
    }

    /// The more the better, but for what has to be waited for in fact, and for streams, of which each
    /// is many times a reply.
    var conversations: Int { way.loop == .simulated && !isStreamed ? 60 : 24 }

    var testDescription: String { "\(fault) \(service.name) \(way)" }

    func play() async throws -> (result: VirtualRun.Result, counts: SandboxCounts) {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], service: service,
            load: LoadShape(users: 4, conversations: conversations))
        run.timeouts = Timeouts(total: timeout, connect: .seconds(10))
        run.identity = try way.identity()
        if service.name == "botyard" { run.settings = ["poll_first": "5ms", "poll_every": "5ms"] }
        var sandbox = SandboxSettings.fixed(Self.latency)
        sandbox.faults = [fault.rule(share: fault == .burst5xx ? 0.02 : isStreamed ? 0.2 : 0.1)]
        let (chosen, played) = (sandbox, run)
        return try await way.loop.run { try await played.againstSandbox(chosen, on: $0) }
    }
}

extension InjectedFault {
    /// The class of what it hits; nil where that is no failure.
    var expected: ErrorClass? {
        switch self {
        case .refuse: .connectRefused
        case .noAnswer, .stall, .dribble, .lengthTooLong, .stallInStream, .noFirstToken: .timeout
        case .reset, .resetInHead, .resetInBody: .connectReset
        case .close, .closeInHead, .closeInBody, .cutInStream, .endWithoutFinish: .closedEarly
        case .garbage, .lengthInvalid, .twoLengths, .chunkInvalid, .endlessInterims: .malformedHTTP
        case .chunkTooLarge, .endlessHead, .endlessBody: .tooLarge
        case .lengthTooShort, .emptyBody, .htmlPage, .invalidUTF8, .truncatedJSON, .deepJSON,
            .wrongTypes, .gzipDamaged, .codingUnknown, .emptyStream, .utf8Split:
            .malformedReply
        case .gzipBomb, .hugeEvent: .tooLarge
        case .errorInStream, .errorEvent: .serviceError
        case .lengthAndChunks, .cookieFlood, .gzip, .noDone, .noUsage, .roleOnly, .jsonInstead,
            .burst, .crlf, .bom, .splitData, .comments, .unknownEvents, .byteARead,
            .wrongMediaType:
            nil
        case .redirect, .redirectLoop: .httpUnexpected
        case .error5xx, .burst5xx: .http5xx
        case .rejectSeconds, .rejectDate, .rejectClock, .rejectAbsent, .rejectGarbage, .rejectPast,
            .rejectHuge:
            .rejected
        }
    }

    /// That it happens to this share of all requests.
    func rule(share: Double) -> FaultRule {
        var rule = FaultRule(self)
        rule.rate = share
        return rule
    }
}
