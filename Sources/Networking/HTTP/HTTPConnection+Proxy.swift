/// Connections through a proxy. One without passes by all of this.
extension HTTPConnection {
    /// Has the proxy open a tunnel to the origin over a connection that has just been opened.
    ///
    /// Never inlined: what it needs would stand in the frames of users without a proxy too.
    @inline(never)
    func tunnel(through proxy: HTTPProxy, until deadline: Nanoseconds) async throws(HTTPFailure) {
        guard let stream else { return }
        let limit = min(deadline, connectLimit)
        parser.reset(isReplyToHead: true)
        var answer = Result<Bool, TunnelFailure>.success(false)
        do throws(SocketError) {
            try await stream.send(proxy.tunnelRequest(to: origin.fullAuthority), until: limit)
            while case .success(false) = answer {
                var arrived: [UInt8] = []
                let count = try await stream.receive(into: &arrived, until: limit)
                answer = tunnelAnswer(arrived, isEnd: count == 0)
            }
        } catch {
            throw tunnelFailure(of: error, until: deadline)
        }
        if case .failure(let failure) = answer { throw .tunnel(failure) }
    }

    /// Whether the proxy has opened the tunnel. Its answer has no body where it has
    /// (RFC 9110 §9.3.6), and its body is of no interest where it has not.
    private func tunnelAnswer(_ bytes: [UInt8], isEnd: Bool) -> Result<Bool, TunnelFailure> {
        do throws(HTTPError) {
            guard try isEnd ? parser.end() : parser.feed(bytes.span) else {
                return .success(false)
            }
        } catch {
            return .failure(error == .closedEarly ? .ended(.closed) : .malformed(error))
        }
        let status = parser.head.status
        return (200...299).contains(status) ? .success(true) : .failure(.refused(status: status))
    }

    private func tunnelFailure(of error: SocketError, until deadline: Nanoseconds) -> HTTPFailure {
        switch error {
        case .cancelled: .cancelled
        case .timedOut: origin.loop.tick >= deadline ? .timeout : .tunnel(.timedOut)
        default: .tunnel(.ended(error))
        }
    }

    /// Makes the request at hand one for the proxy.
    @inline(never)
    func forward(through proxy: HTTPProxy) {
        proxy.forward(&origin.request, to: origin.authority)
    }
}

extension HTTPOrigin {
    /// `host:port`, an IPv6 address in brackets.
    var fullAuthority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The same, for plain requests, whose usual port is not named.
    var authority: String {
        port == 80 ? String(fullAuthority.dropLast(":80".count)) : fullAuthority
    }
}
