import Base
import Glibc

/// The TLS layer of one stream. Confined to its loop's thread.
///
/// OpenSSL reads and writes the socket by itself, but by way of this class, which knows whether
/// that could block: a read that emptied the socket is not tried again before the next event.
/// Between messages it holds no buffers.
final class TLSSession {
    /// How far an operation came.
    enum Step: Equatable {
        case done(Int)
        /// It goes on when something has arrived.
        case wantsRead
        /// It goes on when something can leave.
        case wantsWrite
        /// The peer has said that nothing follows.
        case ended
        case failed(SocketError)
    }

    let context: TLSContext
    let ssl: OpaquePointer
    private let loop: EventLoop
    private let descriptor: Int32
    /// The stream's, which holds this.
    private unowned let channel: Channel
    /// The host whose certificate is expected, for the words when another comes.
    let host: String

    /// Whether the socket may have bytes, as far as is known.
    private var mayRead = true
    /// The peer has closed its side, or the socket failed: every read tells something.
    private var hasEnded = false
    /// The end of the socket's bytes has been read.
    private(set) var sawEnd = false
    private(set) var socketError: Int32 = 0
    /// What came after bytes that had to be handed over first.
    private var pending: Step?
    private(set) var isEstablished = false
    var isBroken = false
    /// A read waits until it can write, or a write until there is something to read.
    private var crossed: Readiness = []
    /// The first bytes that came, to tell what it is that does not speak TLS.
    private(set) var firstBytes: [UInt8] = []
    /// Why the session failed, once it has.
    var failure: TLSFailure?

    /// A session over `descriptor` that has not shaken hands.
    ///
    /// - Parameters:
    ///   - host: the server's name or address, which its certificate has to be for; clients only.
    ///   - earlier: a session to go on with.
    init(
        _ context: TLSContext, host: String, resuming earlier: TLSTicket?, over channel: Channel,
        on loop: EventLoop, descriptor: Int32
    ) throws(SocketError) {
        let functions = context.table
        guard let ssl = functions.pointee.newConnection(context.pointer) else { throw .insecure }
        self.context = context
        self.ssl = ssl
        self.channel = channel
        self.loop = loop
        self.descriptor = descriptor
        self.host = host
        guard let bio = functions.pointee.newBIO(functions.pointee.transport) else {
            throw .insecure
        }
        functions.pointee.setBIOData(bio, Unmanaged.passUnretained(self).toOpaque())
        functions.pointee.setBIOInit(bio, 1)
        functions.pointee.setBIO(ssl, bio, bio)
        if context.isServer {
            functions.pointee.setAcceptState(ssl)
        } else {
            functions.pointee.setConnectState(ssl)
            expect(host)
            if let earlier { _ = functions.pointee.setSession(ssl, earlier.pointer) }
        }
    }

    deinit { functions.pointee.freeConnection(ssl) }

    private var functions: UnsafePointer<OpenSSL> { context.table }

    /// Asks for the host by name, and wants its certificate to be the host's.
    private func expect(_ host: String) {
        let setServerName: Int32 = 55
        if SocketAddress(ip: host, port: 0) != nil {
            _ = functions.pointee.setIP(functions.pointee.connectionParameters(ssl), host)
            return
        }
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        _ = functions.pointee.setHost(ssl, name)
        _ = name.withCString {
            functions.pointee.control(ssl, setServerName, 0, UnsafeMutableRawPointer(mutating: $0))
        }
    }

    // MARK: Moving bytes

    /// Goes on with the handshake.
    func handshake() -> Step {
        let result = functions.pointee.handshake(ssl)
        guard result != 1 else {
            isEstablished = true
            firstBytes = []
            return .done(0)
        }
        return step(after: result)
    }

    /// Decrypts all that has arrived, as far as it fits.
    func read(into room: UnsafeMutableRawBufferPointer) -> Step {
        if let pending {
            self.pending = nil
            return pending
        }
        var count = 0
        while count < room.count {
            let result = functions.pointee.read(
                ssl, room.baseAddress.map { $0 + count }, Int32(clamping: room.count - count))
            guard result > 0 else {
                let step = step(after: result)
                if step == .wantsWrite { crossed.insert(.readable) }
                if count == 0 { return step }
                if step != .wantsRead && step != .wantsWrite { pending = step }
                break
            }
            count += Int(result)
            if isDrained { break }
        }
        return .done(count)
    }

    /// Whether nothing can be read before the socket's next event.
    var isDrained: Bool { pending == nil && !mayRead && functions.pointee.hasPending(ssl) == 0 }

    /// Encrypts and sends as much as the socket takes; `.done` with less than all, or another step
    /// when it was nothing.
    func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        var count = 0
        while count < bytes.count {
            let result = functions.pointee.write(
                ssl, bytes.baseAddress.map { $0 + count }, Int32(clamping: bytes.count - count))
            guard result > 0 else {
                let step = step(after: result)
                if step == .wantsRead { crossed.insert(.writable) }
                return count > 0 ? .done(count) : step
            }
            count += Int(result)
        }
        return .done(count)
    }

    /// Takes note of the socket's readiness; what it means for whoever waits.
    func took(_ readiness: Readiness) -> Readiness {
        if readiness.contains(.ended) { hasEnded = true }
        if readiness.contains(.readable) || hasEnded { mayRead = true }
        guard !crossed.isEmpty else { return readiness }
        var meaning = readiness
        if crossed.contains(.readable), readiness.contains(.writable) { meaning.insert(.readable) }
        if crossed.contains(.writable), readiness.contains(.readable) { meaning.insert(.writable) }
        crossed.subtract(meaning)
        return meaning
    }

    /// Tells the peer that nothing follows, as far as that can leave at once.
    func sayGoodbye() {
        guard isEstablished, !isBroken else { return }
        if functions.pointee.shutdown(ssl) < 0 { functions.pointee.clearErrors() }
    }

    // MARK: The socket, for OpenSSL

    /// Reads from the socket; as a BIO's read function returns it.
    func fill(_ room: UnsafeMutableRawBufferPointer, for bio: OpaquePointer?) -> Int32 {
        functions.pointee.clearBIOFlags(bio, Self.retryFlags)
        guard mayRead else {
            functions.pointee.setBIOFlags(bio, Self.retryRead)
            return -1
        }
        var stamp: Nanoseconds?
        switch loop.poller.read(descriptor, into: room, arrival: &stamp) {
        case .done(0):
            sawEnd = true
            return 0
        case .done(let count):
            channel.readings.note(stamp, isShort: count < room.count, in: loop.tick)
            if count < room.count { mayRead = hasEnded }
            if !isEstablished { keepFirst(UnsafeRawBufferPointer(rebasing: room[..<count])) }
            return Int32(truncatingIfNeeded: count)
        case .wouldBlock:
            mayRead = false
            functions.pointee.setBIOFlags(bio, Self.retryRead)
        case .failed(let error): socketError = error
        }
        return -1
    }

    /// Writes to the socket; as a BIO's write function returns it.
    func drain(_ bytes: UnsafeRawBufferPointer, for bio: OpaquePointer?) -> Int32 {
        functions.pointee.clearBIOFlags(bio, Self.retryFlags)
        switch loop.poller.write(descriptor, bytes) {
        case .done(let count): return Int32(truncatingIfNeeded: count)
        case .wouldBlock: functions.pointee.setBIOFlags(bio, Self.retryWrite)
        case .failed(let error): socketError = error
        }
        return -1
    }

    private func keepFirst(_ bytes: UnsafeRawBufferPointer) {
        let missing = max(5 - firstBytes.count, 0)
        firstBytes.append(contentsOf: bytes.prefix(missing))
    }
}

/// What came of a session.
extension TLSSession {
    /// What a result that is no success means.
    func step(after result: Int32) -> Step {
        switch functions.pointee.connectionError(ssl, result) {
        case 2: return .wantsRead
        case 3: return .wantsWrite
        case 6: return .ended
        default: break
        }
        isBroken = true
        let error = functions.pointee.lastError()
        functions.pointee.clearErrors()
        if failure != nil { return .failed(.insecure) }
        if socketError != 0 { return .failed(SocketError(socketError)) }
        if sawEnd { return .failed(.truncated) }
        failure = TLSFailure(error, firstBytes: firstBytes, context.table)
        return .failed(.insecure)
    }

    /// What the connection speaks: `TLSv1.3`.
    var version: String { functions.pointee.protocolVersion(ssl).map { String(cString: $0) } ?? "" }

    /// Whether it went on with an earlier session.
    var isResumed: Bool { functions.pointee.sessionReused(ssl) == 1 }

    /// The protocol inside that both have agreed on; empty where they have not spoken of it.
    var innerProtocol: String {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        functions.pointee.selectedALPN(ssl, &start, &count)
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// What a later session can go on with; nil before the server has given anything for it.
    func ticket() -> TLSTicket? {
        guard isEstablished, !isBroken, let session = functions.pointee.session(ssl) else {
            return nil
        }
        guard functions.pointee.sessionIsResumable(session) == 1 else {
            functions.pointee.freeSession(session)
            return nil
        }
        return TLSTicket(pointer: session, table: context.table)
    }
}

/// What a client needs to go on with a session over another connection.
package final class TLSTicket {
    let pointer: OpaquePointer
    private let table: UnsafePointer<OpenSSL>

    init(pointer: OpaquePointer, table: UnsafePointer<OpenSSL>) {
        self.pointer = pointer
        self.table = table
    }

    deinit { table.pointee.freeSession(pointer) }
}

/// How OpenSSL reaches a session's socket: through the session, and so through the loop's poller.
extension TLSSession {
    private static let sourceAndSink: Int32 = 0x0400
    private static let isAtEnd: Int32 = 2
    private static let flush: Int32 = 11
    private static let retryRead: Int32 = 0x01 | 0x08
    private static let retryWrite: Int32 = 0x02 | 0x08
    private static let retryFlags: Int32 = 0x0F

    /// The kind of BIO; nil where there is no memory.
    static func makeTransport(_ functions: OpenSSL) -> OpaquePointer? {
        let kind = functions.newIndex() | sourceAndSink
        guard let method = functions.newMethod(kind, "event loop") else { return nil }
        _ = functions.setMethodRead(method) { bio, room, count in
            guard let room, count > 0 else { return -1 }
            return TLSSession.with(bio: bio) { session in
                session.fill(
                    UnsafeMutableRawBufferPointer(start: room, count: Int(count)), for: bio)
            }
        }
        _ = functions.setMethodWrite(method) { bio, bytes, count in
            guard let bytes, count > 0 else { return -1 }
            return TLSSession.with(bio: bio) { session in
                session.drain(UnsafeRawBufferPointer(start: bytes, count: Int(count)), for: bio)
            }
        }
        _ = functions.setMethodControl(method) { bio, command, _, _ in
            switch command {
            case TLSSession.flush: 1
            case TLSSession.isAtEnd: Int(TLSSession.with(bio: bio) { $0.sawEnd ? 1 : 0 })
            default: 0
            }
        }
        return method
    }

    /// The session that a BIO belongs to. It outlives its BIO, so nothing is counted here.
    static func with(bio: OpaquePointer?, _ body: (TLSSession) -> Int32) -> Int32 {
        guard let address = OpenSSL.table?.pointee.bioData(bio) else { return -1 }
        return Unmanaged<TLSSession>.fromOpaque(address)._withUnsafeGuaranteedRef { body($0) }
    }
}
