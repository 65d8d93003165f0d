import Base

/// Attempts to connect to the addresses of one name, of which the first that succeeds wins. The next
/// one begins when one has failed or none has succeeded for a while; those before it stay under way
/// (RFC 8305 §5).
///
/// A class, so that users do not wait with all of it in their frames.
final class HappyEyeballs {
    /// How long an attempt is alone (RFC 8305 §8 recommends it).
    static let headStart = Nanoseconds.milliseconds(250)

    /// Woken when an attempt ends.
    let sleeper: CancellableSleep
    private let loop: EventLoop
    private let source: SocketAddress?
    private var waiting: ArraySlice<SocketAddress>
    private var attempts: [(address: SocketAddress, stream: Stream)] = []
    private var nextStart = Nanoseconds.zero
    private var winner: Stream?
    /// Why the latest attempt that failed did so.
    private(set) var error: SocketError
    /// The addresses that another one had to stand in for.
    private(set) var failed: [SocketAddress] = []
    /// The winner's address.
    private(set) var reached: SocketAddress?

    /// A race that begins with the first step.
    init(to addresses: [SocketAddress], from source: SocketAddress?, on loop: EventLoop) {
        waiting = addresses[...]
        // Where no address is left, none was of the source's family.
        error = addresses.isEmpty ? .wrongFamily : .unreachable
        self.source = source
        self.loop = loop
        sleeper = CancellableSleep(loop: loop)
    }

    /// Looks at the attempts that have ended and begins the next one if it is time.
    ///
    /// - Returns: until when to wait for an attempt to end; nil when one has won or all have failed.
    func step() -> Nanoseconds? {
        let failures = failed.count
        if takeEnded() { return nil }
        if attempts.isEmpty || failed.count > failures || loop.tick >= nextStart { beginNext() }
        if attempts.isEmpty { return nil }
        return waiting.isEmpty ? .never : nextStart
    }

    /// Ends the race, what is still under way included; the winner, if there is one.
    func end() -> Stream? {
        for attempt in attempts {
            failed.append(attempt.address)
            attempt.stream.close()
        }
        attempts = []
        return winner
    }

    /// Takes out the attempts that have ended, up to one that has succeeded; of those that began
    /// after it nothing is known.
    private func takeEnded() -> Bool {
        var place = 0
        while place < attempts.count {
            let attempt = attempts[place]
            guard attempt.stream.channel.isWritable else {
                place += 1
                continue
            }
            attempts.remove(at: place)
            do throws(SocketError) {
                try attempt.stream.endConnecting()
                for late in attempts[place...] { late.stream.close() }
                attempts.removeSubrange(place...)
                (winner, reached) = (attempt.stream, attempt.address)
                return true
            } catch {
                self.error = error
                failed.append(attempt.address)
            }
        }
        return false
    }

    private func beginNext() {
        while let address = waiting.popFirst() {
            do throws(SocketError) {
                let stream = try Stream.beginConnecting(to: address, from: source, on: loop)
                stream.wakeWhenWritable(sleeper)
                attempts.append((address, stream))
                nextStart = loop.tick + Self.headStart
                return
            } catch {
                self.error = error
                failed.append(address)
            }
        }
    }
}
