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
