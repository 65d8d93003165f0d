/// What came of a session.
extension TLSSession {
    /// A certificate was refused.
    func refuse(_ failure: TLSFailure) { self.failure = failure }

    /// What a result that is no success means.
    func step(after result: Int32) -> Step {
        switch functions.error(ssl, result) {
        case 2: return .wantsRead
        case 3: return .wantsWrite
        case 6: return .ended
        default: break
        }
        isBroken = true
        let error = functions.lastError()
        functions.clearErrors()
        if failure != nil { return .failed(.insecure) }
        if socketError != 0 { return .failed(SocketError(socketError)) }
        if sawEnd { return .failed(.truncated) }
        failure = TLSErrorWords(error, firstBytes: firstBytes, context.table).failure
        return .failed(.insecure)
    }

    /// What the connection speaks: `TLSv1.3`.
    var version: String { functions.version(ssl).map { String(cString: $0) } ?? "" }

    /// Whether it went on with an earlier session.
    var isResumed: Bool { functions.sessionReused(ssl) == 1 }

    /// The protocol inside that both have agreed on; empty where they have not spoken of it.
    var innerProtocol: String {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        functions.selectedALPN(ssl, &start, &count)
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// What a later session can go on with; nil before the server has given anything for it.
    func ticket() -> TLSTicket? {
        guard isEstablished, !isBroken, let session = functions.session(ssl) else { return nil }
        guard functions.sessionIsResumable(session) == 1 else {
            functions.freeSession(session)
            return nil
        }
        return TLSTicket(pointer: session, table: context.table)
    }
}

/// What a client needs to go on with a session over another connection.
final class TLSTicket {
    let pointer: OpaquePointer
    private let table: UnsafePointer<OpenSSL>

    init(pointer: OpaquePointer, table: UnsafePointer<OpenSSL>) {
        self.pointer = pointer
        self.table = table
    }

    deinit { table.pointee.connection.freeSession(pointer) }
}
