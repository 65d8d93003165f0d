/// How OpenSSL reaches a session's socket: through the session, and so through the loop's poller.
enum TLSTransport {
    private static let sourceAndSink: Int32 = 0x0400
    private static let isAtEnd: Int32 = 2
    private static let flush: Int32 = 11
    static let retryRead: Int32 = 0x01 | 0x08
    static let retryWrite: Int32 = 0x02 | 0x08
    static let retryFlags: Int32 = 0x0F

    /// The kind of BIO; nil where there is no memory.
    static func makeMethod(_ functions: ConnectionFunctions) -> OpaquePointer? {
        let kind = functions.newIndex() | sourceAndSink
        guard let method = functions.newMethod(kind, "event loop") else { return nil }
        _ = functions.setMethodRead(method) { bio, room, count in
            guard let room, count > 0 else { return -1 }
            return TLSTransport.withSession(of: bio) { session in
                session.fill(
                    UnsafeMutableRawBufferPointer(start: room, count: Int(count)), for: bio)
            }
        }
        _ = functions.setMethodWrite(method) { bio, bytes, count in
            guard let bytes, count > 0 else { return -1 }
            return TLSTransport.withSession(of: bio) { session in
                session.drain(UnsafeRawBufferPointer(start: bytes, count: Int(count)), for: bio)
            }
        }
        _ = functions.setMethodControl(method) { bio, command, _, _ in
            switch command {
            case TLSTransport.flush: 1
            case TLSTransport.isAtEnd: Int(TLSTransport.withSession(of: bio) { $0.sawEnd ? 1 : 0 })
            default: 0
            }
        }
        return method
    }

    /// The session that a BIO belongs to. It outlives its BIO, so nothing is counted here.
    static func withSession(
        of bio: OpaquePointer?, _ body: (TLSSession) -> Int32
    ) -> Int32 {
        guard let address = OpenSSL.table?.pointee.connection.bioData(bio) else { return -1 }
        return Unmanaged<TLSSession>.fromOpaque(address)._withUnsafeGuaranteedRef { body($0) }
    }
}
