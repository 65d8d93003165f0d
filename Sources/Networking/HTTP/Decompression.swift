import Base
/// The platform's zlib, found when something coded first comes or is asked for: no header, and
/// nothing to link.
///
/// A table of C functions that never changes; what they do, and the numbers below, is in zlib.h.
struct Zlib: Sendable {
    /// Where a `ZlibState` lies.
    typealias Stream = UnsafeMutableRawPointer
    typealias Step = @convention(c) @Sendable (Stream, Int32) -> Int32
    typealias Release = @convention(c) @Sendable (Stream) -> Int32
    private typealias Open =
        @convention(c) @Sendable (Stream, Int32, UnsafePointer<CChar>, Int32) -> Int32
    private typealias OpenDeflate =
        @convention(c) @Sendable (
            Stream, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, Int32
        ) -> Int32

    /// What the functions return.
    enum Outcome {
        static let ok: Int32 = 0
        static let streamEnd: Int32 = 1
        static let noMemory: Int32 = -4
        /// Nothing more can be done with the input that there is.
        static let needsMore: Int32 = -5
    }

    /// How a stream is wrapped, as zlib's window bits say it.
    enum Wrapping: Int32 {
        case raw = -15
        case zlib = 15
        case gzip = 31
    }

    let inflate: Step
    let inflateReset: Release
    let inflateEnd: Release
    let deflate: Step
    let deflateEnd: Release
    private let inflateInit: Open
    private let deflateInit: OpenDeflate

    /// The table, or why there is none.
    static let found = Result<Zlib, SharedLibrary.Missing> { () throws(SharedLibrary.Missing) in
        try Zlib(SharedLibrary("libz.so.1"))
    }

    init(_ library: SharedLibrary) throws(SharedLibrary.Missing) {
        inflate = try library.function("inflate")
        inflateReset = try library.function("inflateReset")
        inflateEnd = try library.function("inflateEnd")
        inflateInit = try library.function("inflateInit2_")
        deflate = try library.function("deflate")
        deflateEnd = try library.function("deflateEnd")
        deflateInit = try library.function("deflateInit2_")
    }

    /// Makes a stream ready for unpacking; false where there is no memory for it.
    func open(_ stream: Stream, _ wrapping: Wrapping) -> Bool {
        inflateInit(stream, wrapping.rawValue, Self.version, ZlibState.size) == Outcome.ok
    }

    /// Makes a stream ready for packing at the usual level; false where there is no memory for it.
    func openForPacking(_ stream: Stream, _ wrapping: Wrapping) -> Bool {
        let (usualLevel, deflated, usualMemory, usualStrategy): (Int32, Int32, Int32, Int32) =
            (-1, 8, 8, 0)
        return deflateInit(
            stream, usualLevel, deflated, wrapping.rawValue, usualMemory, usualStrategy,
            Self.version, ZlibState.size) == Outcome.ok
    }

    /// The library looks at the first digit only.
    private static let version = "1"
}

/// zlib's `z_stream` as it lies in memory on 64-bit Linux.
struct ZlibState {
    var input: UnsafePointer<UInt8>?
    var inputCount: UInt32 = 0
    private var totalIn: UInt = 0
    var output: UnsafeMutablePointer<UInt8>?
    var outputCount: UInt32 = 0
    private var totalOut: UInt = 0
    var message: UnsafePointer<CChar>?
    private var state: UnsafeMutableRawPointer?
    private var allocate: UnsafeMutableRawPointer?
    private var free: UnsafeMutableRawPointer?
    private var opaque: UnsafeMutableRawPointer?
    private var dataType: Int32 = 0
    private var checksum: UInt = 0
    private var reserved: UInt = 0

    static let size = Int32(MemoryLayout<ZlibState>.size)
}

/// A coding that a message's body was put through (RFC 9110 §8.4.1).
package enum ContentCoding: Equatable, Sendable {
    case gzip
    case deflate
    /// One that is not read, by its name.
    case other(String)

    /// More codings over one another than this are nobody's intention.
    private static let mostOverOneAnother = 4

    /// The codings that a `Content-Encoding` lists, in the order they were applied; `identity` is
    /// none.
    static func list(in value: String) -> [ContentCoding] {
        let codings = value.split(separator: ",").compactMap { part -> ContentCoding? in
            let name = part.drop { $0 == " " || $0 == "\t" }
                .prefix { $0 != " " && $0 != "\t" && $0 != ";" }
            return switch name.lowercased() {
            case "", "identity": nil
            case "gzip", "x-gzip": .gzip
            case "deflate": .deflate
            default: .other(String(name))
            }
        }
        return codings.count > mostOverOneAnother ? [.other(value)] : codings
    }

    /// Takes these codings off a body.
    ///
    /// - Throws: `malformed` where a coding is not read or the body is damaged, `tooLarge` where
    ///   more than `limit` bytes come out.
    static func decode(
        _ body: Span<UInt8>, _ codings: [ContentCoding], limit: Int
    ) throws(HTTPError) -> [UInt8] {
        var content: [UInt8]?
        for coding in codings.reversed() {
            if let packed = content {
                content = try coding.decode(packed.span, limit: limit)
            } else {
                content = try coding.decode(body, limit: limit)
            }
        }
        return content ?? []
    }

    private func decode(_ body: Span<UInt8>, limit: Int) throws(HTTPError) -> [UInt8] {
        switch self {
        case .gzip: return try Unpacking.unpack(body, "gzip", .gzip, limit: limit)
        case .deflate:
            // RFC 9110 means zlib's format; what some servers send is the bare one.
            let wrapping: Zlib.Wrapping = Self.beginsZlib(body) ? .zlib : .raw
            return try Unpacking.unpack(body, "deflate", wrapping, limit: limit)
        case .other(let name):
            throw .malformed(
                "the body is coded with \(name), which chatload does not read: gzip and deflate are"
                    + " what it reads; is there an Accept-Encoding that asks for another?")
        }
    }

    /// Whether a body begins as RFC 1950 §2.2 has it.
    private static func beginsZlib(_ body: Span<UInt8>) -> Bool {
        guard body.count >= 2 else { return false }
        return body[0] & 0x0F == 8 && (Int(body[0]) << 8 | Int(body[1])) % 31 == 0
    }
}

/// Unpacking and packing whole bodies with the platform's zlib.
package enum Unpacking {
    private static let pieceSize = 65_536

    /// What a body unpacks to. Of gzip, members may follow one another (RFC 1952 §2.2), and nothing but
    /// zeros may follow the last.
    ///
    /// - Throws: `malformed` where there is no zlib or the body is damaged or ends early, `tooLarge`
    ///   where more than `limit` bytes come out.
    static func unpack(
        _ body: Span<UInt8>, _ name: String, _ wrapping: Zlib.Wrapping, limit: Int
    ) throws(HTTPError) -> [UInt8] {
        let zlib = try library(for: name)
        var state = ZlibState()
        guard zlib.open(&state, wrapping) else { throw .malformed("zlib has no memory") }
        defer { _ = zlib.inflateEnd(&state) }
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, body.count * 4))
        var problem: HTTPError?
        body.withUnsafeBufferPointer { all in
            state.input = all.baseAddress
            state.inputCount = UInt32(clamping: all.count)
            problem = run(zlib, &state, into: &output, name, wrapping, limit: limit)
        }
        if let problem { throw problem }
        return output
    }

    private static func run(
        _ zlib: Zlib, _ state: inout ZlibState, into output: inout [UInt8], _ name: String,
        _ wrapping: Zlib.Wrapping, limit: Int
    ) -> HTTPError? {
        let all = Int(state.inputCount)
        while true {
            let outcome = step(zlib.inflate, flush: 0, &state, into: &output)
            if output.count > limit {
                return .tooLarge("body beyond \(limit) bytes once its \(name) is unpacked")
            }
            switch outcome {
            case Zlib.Outcome.ok where state.inputCount > 0 || state.outputCount == 0: continue
            case Zlib.Outcome.ok, Zlib.Outcome.needsMore:
                return .malformed("the \(name) body ends before it is whole, after \(all) bytes")
            case Zlib.Outcome.streamEnd:
                if isOver(state) { return nil }
                guard wrapping == .gzip, state.input?.pointee == 0x1F,
                    zlib.inflateReset(&state) == Zlib.Outcome.ok
                else {
                    return damage(name, at: all - Int(state.inputCount), "more follows its end")
                }
            case Zlib.Outcome.noMemory: return .malformed("zlib has no memory")
            default:
                let words = state.message.map { String(cString: $0) } ?? "it wants a dictionary"
                return damage(name, at: all - Int(state.inputCount), words)
            }
        }
    }

    /// Whether nothing but zeros is left.
    private static func isOver(_ state: ZlibState) -> Bool {
        UnsafeBufferPointer(start: state.input, count: Int(state.inputCount))
            .allSatisfy { $0 == 0 }
    }

    private static func damage(_ name: String, at place: Int, _ words: String) -> HTTPError {
        .malformed("the \(name) body is damaged, at byte \(place): \(words)")
    }

    /// What a text packs to, as gzip, or as deflate in zlib's format; nil where there is no zlib.
    package static func pack(_ content: Span<UInt8>, as coding: ContentCoding) -> [UInt8]? {
        guard case .success(let zlib) = Zlib.found else { return nil }
        var state = ZlibState()
        guard zlib.openForPacking(&state, coding == .gzip ? .gzip : .zlib) else { return nil }
        defer { _ = zlib.deflateEnd(&state) }
        var output: [UInt8] = []
        let finish: Int32 = 4
        return content.withUnsafeBufferPointer { all in
            state.input = all.baseAddress
            state.inputCount = UInt32(clamping: all.count)
            while true {
                switch step(zlib.deflate, flush: finish, &state, into: &output) {
                case Zlib.Outcome.ok: continue
                case Zlib.Outcome.streamEnd: return output
                default: return nil
                }
            }
        }
    }

    /// One call that appends at most a piece to the output.
    private static func step(
        _ call: Zlib.Step, flush: Int32, _ state: inout ZlibState, into output: inout [UInt8]
    ) -> Int32 {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pieceSize) { piece in
            state.output = piece.baseAddress
            state.outputCount = UInt32(pieceSize)
            let outcome = call(&state, flush)
            let written = pieceSize - Int(state.outputCount)
            output.append(contentsOf: UnsafeBufferPointer(rebasing: piece[..<written]))
            return outcome
        }
    }

    private static func library(for name: String) throws(HTTPError) -> Zlib {
        do throws(SharedLibrary.Missing) {
            return try Zlib.found.get()
        } catch {
            throw .malformed(
                "the body is coded with \(name), and there is no zlib to read it with"
                    + " (\(error.reason)); install zlib1g (Debian, Ubuntu) or zlib (Fedora, Alpine)"
            )
        }
    }
}
