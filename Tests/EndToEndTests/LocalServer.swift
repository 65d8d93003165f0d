import Glibc

/// A port of loopback on which nobody answers.
final class LocalServer {
    let port: Int
    private let descriptor: Int32

    /// A port that accepts connections, or one that refuses them and is nobody else's either.
    init(listens: Bool = true) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withSockaddr(&address) {
            bind(descriptor, $0, size) == 0 && (!listens || listen(descriptor, 64) == 0)
                && getsockname(descriptor, $0, &size) == 0
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        if !isBound { throw Unavailable(what: "a port") }
    }

    deinit { close(descriptor) }

    /// The base URL.
    var url: String { "http://127.0.0.1:\(port)" }

    /// Whether anybody connects within `seconds`; 0 asks whether anybody has.
    func hasConnection(within seconds: Double = 0) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, Int32(seconds * 1_000)) == 1
    }

    /// The addresses of everybody who has connected, in that order; the connections are closed.
    func peers() -> [String] {
        var peers: [String] = []
        while hasConnection() {
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let connection = withSockaddr(&address) { accept(descriptor, $0, &size) }
            close(connection)
            peers.append(String(cString: inet_ntoa(address.sin_addr)))
        }
        return peers
    }
}

/// What `http://127.0.0.1:port/path` answers, head and body.
func get(_ path: String, port: Int) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
        descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = loopback(port: port)
    let isConnected = withSockaddr(&address) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
    guard isConnected else { throw Unavailable(what: "port \(port)") }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
    send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
    var answer: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = recv(descriptor, &room, room.count, 0), count > 0 {
        answer += room[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
}

private func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

private func withSockaddr<Result>(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
) -> Result {
    withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
}
