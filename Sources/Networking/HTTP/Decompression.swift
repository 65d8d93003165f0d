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
    static let found = Result<Zlib, Fault> { () throws(Fault) in
        try Zlib(SharedLibrary("libz.so.1"))
    }

    init(_ library: SharedLibrary) throws(Fault) {
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

    private static let pieceSize = 65_536

    /// One call of `inflate` or `deflate`, which puts out at most a piece.
    func step(
        _ call: Step, flush: Int32, _ stream: UnsafeMutablePointer<ZlibState>,
        _ use: (Span<UInt8>) -> Void
    ) -> Int32 {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.pieceSize) { piece in
            stream.pointee.output = piece.baseAddress
            stream.pointee.outputCount = UInt32(Self.pieceSize)
            let outcome = call(stream, flush)
            let written = Self.pieceSize - Int(stream.pointee.outputCount)
            use(UnsafeBufferPointer(rebasing: piece[..<written]).span)
            return outcome
        }
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
        let unpacker = try Unpacker(self)
        var content: [UInt8] = []
        content.reserveCapacity(min(limit, body.count * 4))
        try unpacker.unpack(body) { piece in
            piece.withUnsafeBufferPointer { content.append(contentsOf: $0) }
            return content.count <= limit
        }
        guard content.count <= limit else {
            throw .tooLarge("body beyond \(limit) bytes once its \(unpacker.name) is unpacked")
        }
        try unpacker.finish()
        return content
    }
}

/// Unpacker of one body in a content coding, with the platform's zlib, in pieces as they come
/// (RFC 1950 to 1952). Of gzip, members may follow one another, and nothing but zeros may follow the
/// last.
final class Unpacker {
    /// What the coding is called.
    let name: String
    private let zlib: Zlib
    private let isGzip: Bool
    /// zlib keeps this address, so it stays where it is.
    private let state: UnsafeMutablePointer<ZlibState>
    private var isOpen = false
    /// The first byte of a body that is deflate, until the second says which kind.
    private var held: UInt8?
    /// How much has been fed.
    private var all = 0
    /// Where the latest member ended; nil within one.
    private var end: Int?
    private var isPadded = false

    /// An unpacker of a body that has not come yet.
    ///
    /// - Throws: `malformed` where the coding is not read, or there is no zlib.
    init(_ coding: ContentCoding) throws(HTTPError) {
        switch coding {
        case .gzip: (name, isGzip) = ("gzip", true)
        case .deflate: (name, isGzip) = ("deflate", false)
        case .other(let name):
            throw .malformed(
                "the body is coded with \(name), which chatload does not read: gzip and deflate are"
                    + " what it reads; is there an Accept-Encoding that asks for another?")
        }
        switch Zlib.found {
        case .success(let found): zlib = found
        case .failure(let missing):
            throw .malformed(
                "the body is coded with \(name), and there is no zlib to read it with"
                    + " (\(missing.message)); install zlib1g (Debian, Ubuntu) or zlib (Fedora, Alpine)"
            )
        }
        state = .allocate(capacity: 1)
        state.initialize(to: ZlibState())
    }

    deinit {
        if isOpen { _ = zlib.inflateEnd(state) }
        state.deallocate()
    }

    /// Unpacks what has come, and lends what comes out to `use` until that says false.
    ///
    /// - Throws: `malformed` where the body is damaged or there is no memory.
    func unpack(
        _ bytes: Span<UInt8>, _ use: (Span<UInt8>) -> Bool
    ) throws(HTTPError) {
        guard !bytes.isEmpty else { return }
        if !isOpen {
            guard let first = held ?? (isGzip || bytes.count > 1 ? bytes[0] : nil) else {
                held = bytes[0]
                return
            }
            let second = held == nil ? (bytes.count > 1 ? bytes[1] : 0) : bytes[0]
            try open(Self.wrapping(isGzip, first, second))
            if let held {
                self.held = nil
                try feed([held].span, use)
            }
        }
        try feed(bytes, use)
    }

    /// The body is over.
    ///
    /// - Throws: `malformed` where its coding is not. Nothing at all is whole: nothing has no form in
    ///   any coding, yet that is how empty answers are sent.
    func finish() throws(HTTPError) {
        guard all > 0 || held != nil, end == nil else { return }
        throw .malformed("the \(name) body ends before it is whole, after \(max(all, 1)) bytes")
    }

    /// RFC 9110 means zlib's format by deflate, which begins as RFC 1950 §2.2 has it; what some servers
    /// send is the bare one.
    private static func wrapping(_ isGzip: Bool, _ first: UInt8, _ second: UInt8) -> Zlib.Wrapping {
        if isGzip { return .gzip }
        let isZlib = first & 0x0F == 8 && (Int(first) << 8 | Int(second)) % 31 == 0
        return isZlib ? .zlib : .raw
    }

    private func open(_ wrapping: Zlib.Wrapping) throws(HTTPError) {
        guard zlib.open(state, wrapping) else { throw .malformed("zlib has no memory") }
        isOpen = true
    }

    private func feed(_ bytes: Span<UInt8>, _ use: (Span<UInt8>) -> Bool) throws(HTTPError) {
        var problem: HTTPError?
        all += bytes.count
        bytes.withUnsafeBufferPointer { raw in
            state.pointee.input = raw.baseAddress
            state.pointee.inputCount = UInt32(clamping: raw.count)
            problem = run(use)
        }
        if let problem { throw problem }
    }

    private func run(_ use: (Span<UInt8>) -> Bool) -> HTTPError? {
        while true {
            if let end {
                guard state.pointee.inputCount > 0 else { return nil }
                guard beginsMember(after: end) else {
                    return isPadded ? nil : damage(at: end, "more follows its end")
                }
            }
            var goesOn = true
            let outcome = zlib.step(zlib.inflate, flush: 0, state) { goesOn = use($0) }
            if !goesOn { return nil }
            switch outcome {
            case Zlib.Outcome.ok
            where state.pointee.inputCount > 0 || state.pointee.outputCount == 0:
                continue
            case Zlib.Outcome.ok, Zlib.Outcome.needsMore: return nil
            case Zlib.Outcome.streamEnd: end = place
            case Zlib.Outcome.noMemory: return .malformed("zlib has no memory")
            default:
                let words = state.pointee.message.map { String(cString: $0) }
                return damage(at: place, words ?? "it wants a dictionary")
            }
        }
    }

    /// Whether another member follows; where nothing but zeros does, the body is padded with them.
    private func beginsMember(after end: Int) -> Bool {
        let rest = UnsafeBufferPointer(
            start: state.pointee.input, count: Int(state.pointee.inputCount))
        let canBegin = isGzip && !isPadded && rest.first == 0x1F
        if canBegin, zlib.inflateReset(state) == Zlib.Outcome.ok {
            self.end = nil
            return true
        }
        isPadded = rest.allSatisfy { $0 == 0 }
        return false
    }

    /// How far it has been read.
    private var place: Int { all - Int(state.pointee.inputCount) }

    private func damage(at place: Int, _ words: String) -> HTTPError {
        .malformed("the \(name) body is damaged, at byte \(place): \(words)")
    }
}

extension ContentCoding {
    /// What a text packs to, as gzip, or as deflate in zlib's format; nil where there is no zlib.
    package func pack(_ content: Span<UInt8>) -> [UInt8]? {
        guard case .success(let zlib) = Zlib.found else { return nil }
        var state = ZlibState()
        guard zlib.openForPacking(&state, self == .gzip ? .gzip : .zlib) else { return nil }
        defer { _ = zlib.deflateEnd(&state) }
        var output: [UInt8] = []
        let finish: Int32 = 4
        return content.withUnsafeBufferPointer { all in
            state.input = all.baseAddress
            state.inputCount = UInt32(clamping: all.count)
            while true {
                let outcome = zlib.step(zlib.deflate, flush: finish, &state) { piece in
                    piece.withUnsafeBufferPointer { output.append(contentsOf: $0) }
                }
                switch outcome {
                case Zlib.Outcome.ok: continue
                case Zlib.Outcome.streamEnd: return output
                default: return nil
                }
            }
        }
    }
}
