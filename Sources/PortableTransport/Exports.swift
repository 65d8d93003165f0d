// What the executable looks up by name. Handles are passed out retained; `forget` and `close` take
// them back.

/// Rises when a function here changes its form.
@_cdecl("chatload_portable_version")
public func portableVersion() -> Int { 2 }

/// A session; nil where URLSession cannot be kept from ending the process.
@_cdecl("chatload_portable_open")
public func portableOpen(
    _ origin: UnsafePointer<CChar>, _ connectTimeout: Int, _ headLimit: Int, _ bodyLimit: Int,
    _ verifies: Int, _ authorities: UnsafePointer<CChar>?, _ certificate: UnsafePointer<CChar>?,
    _ key: UnsafePointer<CChar>?, _ proxy: UnsafePointer<CChar>
) -> UnsafeMutableRawPointer? {
    let settings = SessionSettings(
        connectTimeout: connectTimeout, limits: ResponseLimits(head: headLimit, body: bodyLimit),
        verifies: verifies != 0, authorities: authorities.map { String(cString: $0) },
        certificate: certificate.map { String(cString: $0) }, key: key.map { String(cString: $0) },
        proxy: String(cString: proxy))
    return PortableSession(to: String(cString: origin), settings)
        .map { Unmanaged.passRetained($0).toOpaque() }
}

/// Sends a request; nil where it is none, and then nobody is told anything.
@_cdecl("chatload_portable_send")
public func portableSend(
    _ session: UnsafeMutableRawPointer, _ request: UnsafePointer<UInt8>?, _ count: Int,
    _ tell:
        @escaping @convention(c) (
            UnsafeMutableRawPointer?, Int32, Int, UnsafePointer<UInt8>?, Int
        ) -> Void,
    _ context: UnsafeMutableRawPointer?
) -> UnsafeMutableRawPointer? {
    Unmanaged<PortableSession>.fromOpaque(session).takeUnretainedValue()
        .send(
            UnsafeBufferPointer(start: request, count: count), Client(tell: tell, context: context)
        )
        .map { Unmanaged.passRetained($0).toOpaque() }
}

/// Ends an exchange that is under way.
@_cdecl("chatload_portable_cancel")
public func portableCancel(_ exchange: UnsafeMutableRawPointer) {
    Unmanaged<PortableExchange>.fromOpaque(exchange).takeUnretainedValue().cancel()
}

/// Gives an exchange back.
@_cdecl("chatload_portable_forget")
public func portableForget(_ exchange: UnsafeMutableRawPointer) {
    Unmanaged<PortableExchange>.fromOpaque(exchange).release()
}

/// Gives a session back.
@_cdecl("chatload_portable_close")
public func portableClose(_ session: UnsafeMutableRawPointer) {
    let session = Unmanaged<PortableSession>.fromOpaque(session)
    session.takeUnretainedValue().close()
    session.release()
}
