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
