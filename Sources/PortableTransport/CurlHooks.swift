import Foundation

/// Which transfer has which guard, and which session which settings.
///
/// `@unchecked Sendable` is sound because everything is touched under the lock.
final class CurlRegistry: @unchecked Sendable {
    static let shared = CurlRegistry()

    private let lock = NSLock()
    /// One session is made at a time.
    private let turn = NSLock()
    private var guards: [Curl.Handle: TransferGuard] = [:]
    private var sessions: [Curl.Handle: SessionSettings] = [:]
    /// Those of the session that is being made.
    private var making: SessionSettings?

    /// Makes a session; nil where it does not use this library's functions, and so is not guarded.
    func make<Session>(_ settings: SessionSettings, _ make: () -> Session) -> Session? {
        turn.withLock {
            lock.withLock { making = settings }
            let session = make()
            return lock.withLock {
                defer { making = nil }
                return making == nil ? session : nil
            }
        }
    }

    func began(_ multi: Curl.Handle) {
        lock.withLock {
            if let making { sessions[multi] = making }
            making = nil
        }
    }

    func ended(_ multi: Curl.Handle) { lock.withLock { sessions[multi] = nil } }

    func settings(of multi: Curl.Handle) -> SessionSettings? { lock.withLock { sessions[multi] } }

    /// The guard of a transfer, made when it is first asked for.
    func guarding(_ transfer: Curl.Handle) -> TransferGuard {
        lock.withLock {
            if let known = guards[transfer] { return known }
            let new = TransferGuard()
            guards[transfer] = new
            return new
        }
    }

    func forget(_ transfer: Curl.Handle) { lock.withLock { guards[transfer] = nil } }
}

// The functions that FoundationNetworking calls instead of libcurl's.

/// Stands before libcurl's own: keeps connections, and learns which session this is.
@_cdecl("curl_multi_init")
public func guardedMakeMulti() -> UnsafeMutableRawPointer? {
    guard let curl = Curl.real, let multi = curl.makeMulti() else { return nil }
    // Every user keeps its connection while it thinks, however few others are busy.
    _ = curl.setMultiOption(
        multi, CurlNumber.mostConnections, UnsafeMutableRawPointer(bitPattern: 1_000_000))
    CurlRegistry.shared.began(multi)
    return multi
}

/// Stands before libcurl's own.
@_cdecl("curl_multi_cleanup")
public func guardedEndMulti(_ multi: UnsafeMutableRawPointer?) -> Int32 {
    if let multi { CurlRegistry.shared.ended(multi) }
    return Curl.real?.endMulti(multi) ?? 0
}

/// Stands before libcurl's own: puts the transfer's guard between libcurl and URLSession.
@_cdecl("curl_easy_setopt")
public func guardedSetOption(
    _ transfer: UnsafeMutableRawPointer?, _ option: Int32, _ value: UnsafeMutableRawPointer?
) -> Int32 {
    guard let curl = Curl.real, let transfer else { return 0 }
    switch option {
    case CurlNumber.headerFunction:
        CurlRegistry.shared.guarding(transfer).header.function = unsafeBitCast(
            value, to: TransferGuard.Receive?.self)
        return curl.setOption(
            transfer, option, unsafeBitCast(TransferGuard.receiveHeader, to: Curl.Handle.self))
    case CurlNumber.writeFunction:
        CurlRegistry.shared.guarding(transfer).body.function = unsafeBitCast(
            value, to: TransferGuard.Receive?.self)
        return curl.setOption(
            transfer, option, unsafeBitCast(TransferGuard.receiveBody, to: Curl.Handle.self))
    case CurlNumber.headerData, CurlNumber.writeData:
        let watch = CurlRegistry.shared.guarding(transfer)
        if option == CurlNumber.headerData {
            watch.header.data = value
        } else {
            watch.body.data = value
        }
        return curl.setOption(transfer, option, Unmanaged.passUnretained(watch).toOpaque())
    case CurlNumber.seekFunction:
        return curl.setOption(
            transfer, option, unsafeBitCast(TransferGuard.seek, to: Curl.Handle.self))
    case CurlNumber.errorBuffer:
        CurlRegistry.shared.guarding(transfer).errorBuffer = value
        return curl.setOption(transfer, option, value)
    default: return curl.setOption(transfer, option, value)
    }
}

/// Stands before libcurl's own: the guard goes with its transfer.
@_cdecl("curl_easy_cleanup")
public func guardedEndTransfer(_ transfer: UnsafeMutableRawPointer?) {
    Curl.real?.endTransfer(transfer)
    if let transfer { CurlRegistry.shared.forget(transfer) }
}

/// Stands before libcurl's own: the transfer is set up and about to begin.
@_cdecl("curl_multi_add_handle")
public func guardedAdd(
    _ multi: UnsafeMutableRawPointer?, _ transfer: UnsafeMutableRawPointer?
) -> Int32 {
    guard let curl = Curl.real, let multi, let transfer else { return 0 }
    if let settings = CurlRegistry.shared.settings(of: multi) {
        CurlRegistry.shared.guarding(transfer).begin(within: settings.limits)
        settings.apply(to: transfer, of: curl)
    }
    return curl.addTransfer(multi, transfer)
}

/// Stands before libcurl's own: says how a transfer ended, as its guard sees it.
@_cdecl("curl_multi_info_read")
public func guardedReadInfo(
    _ multi: UnsafeMutableRawPointer?, _ count: UnsafeMutablePointer<Int32>?
) -> UnsafeMutableRawPointer? {
    guard let message = Curl.real?.readInfo(multi, count) else { return nil }
    // A CURLMsg: an enumeration, the transfer, and a union that is the result when it is over.
    if message.load(as: Int32.self) == 1,
        let transfer = message.load(fromByteOffset: 8, as: Curl.Handle?.self)
    {
        let result = message.load(fromByteOffset: 16, as: Int32.self)
        message.storeBytes(
            of: CurlRegistry.shared.guarding(transfer).result(for: result), toByteOffset: 16,
            as: Int32.self)
    }
    return message
}

/// Stands before libcurl's own: no length that URLSession would end the process over.
@_cdecl("curl_easy_getinfo")
public func guardedGetInfo(
    _ transfer: UnsafeMutableRawPointer?, _ info: Int32, _ value: UnsafeMutableRawPointer?
) -> Int32 {
    guard let curl = Curl.real else { return 0 }
    let result = curl.getInfo(transfer, info, value)
    if info == CurlNumber.contentLength, let length = value?.assumingMemoryBound(to: Double.self),
        Int64(exactly: length.pointee) == nil
    {
        // Which says that it is not known.
        length.pointee = -1
    }
    return result
}
