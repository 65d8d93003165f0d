import Glibc

/// What stands between one transfer of libcurl's and URLSession, which ends the process over some
/// responses that any server can send: a head that is cut off, lines after a body, a length that
/// is no `Int64`. It also keeps responses within their limits.
///
/// Used by the queue that its session works on.
final class TransferGuard {
    /// libcurl's `CURLOPT_HEADERFUNCTION` and `CURLOPT_WRITEFUNCTION`.
    typealias Receive =
        @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

    private enum Head {
        case none, begun, complete
    }

    /// What URLSession wants to be called, and with what.
    var header: (function: Receive?, data: UnsafeMutableRawPointer?)
    var body: (function: Receive?, data: UnsafeMutableRawPointer?)
    /// Where libcurl writes what went wrong: 256 bytes.
    var errorBuffer: UnsafeMutableRawPointer?
    /// Of the session whose transfer it is.
    var limits = ResponseLimits()
    private var head = Head.none
    private var headBytes = 0
    private var bodyBytes = 0
    private var isTooLarge = false

    /// A new transfer begins.
    func begin(within limits: ResponseLimits) {
        self.limits = limits
        head = .none
        headBytes = 0
        bodyBytes = 0
        isTooLarge = false
    }

    /// Takes one line of a head.
    static let receiveHeader: Receive = { bytes, size, count, data in
        TransferGuard.at(data)?.takeHeader(bytes, size, count) ?? 0
    }

    /// Takes a piece of a body.
    static let receiveBody: Receive = { bytes, size, count, data in
        TransferGuard.at(data)?.takeBody(bytes, size, count) ?? 0
    }

    /// Where a kept connection turns out to be closed, libcurl sends the request once more, and wants
    /// its body from the beginning. URLSession has no more of it and would wait for ever; nor is a
    /// request with a body one that may be repeated.
    static let seek: @convention(c) (UnsafeMutableRawPointer?, Int64, Int32) -> Int32 = { _, _, _ in
        let failed: Int32 = 1
        return failed
    }

    private static func at(_ data: UnsafeMutableRawPointer?) -> TransferGuard? {
        data.map { Unmanaged<TransferGuard>.fromOpaque($0).takeUnretainedValue() }
    }

    private func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int) -> Int
    {
        guard let bytes, let function = header.function else { return 0 }
        let length = size &* count
        let startsHead = length >= 5 && strncmp(bytes, "HTTP/", 5) == 0
        if head == .complete {
            // A line behind the body, of which URLSession would make a new head.
            guard startsHead else { return length }
            headBytes = 0
        }
        head = length <= 2 && head == .begun ? .complete : .begun
        headBytes += length
        guard headBytes <= limits.head else { return refuse() }
        if startsHead, let line = Self.completed(UnsafeBufferPointer(start: bytes, count: length)) {
            var line = line
            return function(&line, 1, line.count, header.data) == line.count ? length : 0
        }
        return function(bytes, size, count, header.data)
    }

    /// A status line that ends with the status, as many do, in the form that URLSession wants; nil
    /// where it is in that form.
    private static func completed(_ line: UnsafeBufferPointer<CChar>) -> [CChar]? {
        let space = CChar(UInt8(ascii: " "))
        let text = line.prefix { $0 != 13 && $0 != 10 }
        guard text.count(where: { $0 == space }) == 1 else { return nil }
        return Array(text) + [space, 13, 10]
    }

    private func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int) -> Int {
        guard let function = body.function else { return 0 }
        bodyBytes += size &* count
        guard bodyBytes <= limits.body else { return refuse() }
        return function(bytes, size, count, body.data)
    }

    private func refuse() -> Int {
        isTooLarge = true
        return 0
    }

    /// What libcurl's result is for URLSession.
    func result(for result: Int32) -> Int32 {
        if isTooLarge { explain(PortableText.tooLarge) }
        return result == 0 && head != .complete ? CurlNumber.gotNothing : result
    }

    private func explain(_ text: String) {
        guard let errorBuffer else { return }
        _ = text.withCString { strncpy(errorBuffer.assumingMemoryBound(to: CChar.self), $0, 255) }
    }
}

/// How much of a response is taken, in bytes.
struct ResponseLimits {
    var head = Int.max
    var body = Int.max
}

/// What both sides know by its words.
enum PortableText {
    static let tooLarge = "the response is too large"
}
