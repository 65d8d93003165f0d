/// One exchange through URLSession, on the side of the user that waits for it.
///
/// `@unchecked Sendable` is sound because all but `loop` is touched on the loop's thread: what
/// URLSession's threads have to say is carried there.
final class PortableExchange: @unchecked Sendable {
    private let host: String
    private let library: UnsafePointer<PortableLibrary>
    private let loop: EventLoop
    /// Whoever waits for the end.
    let sleeper: Sleeper
    /// What it is called in the library; nil before it is sent.
    var handle: UnsafeMutableRawPointer?
    private(set) var firstByte: Nanoseconds?
    /// When it ended, and how: with the bytes of a response, or with a failure.
    private(set) var end: (time: Nanoseconds, outcome: Result<[UInt8], HTTPFailure>)?

    init(to host: String, library: UnsafePointer<PortableLibrary>, loop: EventLoop) {
        self.host = host
        self.library = library
        self.loop = loop
        sleeper = Sleeper(loop: loop)
    }

    deinit { if let handle { library.pointee.forget(handle) } }

    /// Whether its end will be told.
    var isUnderWay: Bool { handle != nil && end == nil }

    func cancel() { if let handle { library.pointee.cancel(handle) } }

    /// What the library calls, from URLSession's threads.
    static let hear: PortableLibrary.Tell = { context, event, code, bytes, count in
        guard let context else { return }
        let unmanaged = Unmanaged<PortableExchange>.fromOpaque(context)
        let isHead = event == 0
        let exchange = isHead ? unmanaged.takeUnretainedValue() : unmanaged.takeRetainedValue()
        let time = exchange.loop.clock()
        if isHead {
            exchange.loop.execute { exchange.firstByte = exchange.firstByte ?? time }
            return
        }
        let content = Array(UnsafeBufferPointer(start: bytes, count: count))
        let outcome: Result<[UInt8], HTTPFailure> =
            event == 1
            ? .success(content)
            : .failure(
                HTTPFailure(
                    urlError: code, String(decoding: content, as: UTF8.self),
                    to: exchange.host))
        exchange.loop.execute {
            exchange.end = (time, outcome)
            exchange.sleeper.wake()
        }
    }
}
