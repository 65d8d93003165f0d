/// A port that nobody listens on, kept from being given to somebody else meanwhile: connections to
/// it are refused, and none of this machine's own comes from it.
package final class PortReservation {
    private let loop: EventLoop
    private var descriptor: Int32

    /// Takes the port of `address`.
    ///
    /// - Throws: `addressInUse`, `notPermitted` or the system's error.
    package init(_ address: SocketAddress, on loop: EventLoop) throws(SocketError) {
        self.loop = loop
        switch loop.poller.reserve(address) {
        case .done(let number): descriptor = Int32(truncatingIfNeeded: number)
        case .wouldBlock: throw .addressInUse
        case .failed(let error): throw SocketError(error)
        }
    }

    /// Gives the port back, so that it can be listened on.
    package func release() {
        guard descriptor >= 0 else { return }
        loop.poller.close(descriptor, abruptly: false)
        descriptor = -1
    }
}
