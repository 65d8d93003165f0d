/// Attempts to connect to the addresses of one name, of which the first that succeeds wins. The next
/// one begins when one has failed or none has succeeded for a while; those before it stay under way
/// (RFC 8305 §5).
struct ConnectionRace {
    /// What to do next.
    enum Step {
        case won(Stream, SocketAddress)
        /// Every attempt has failed, the last one with this error.
        case lost(SocketError)
        /// Sleep until this time, unless an attempt ends first.
        case wait(Nanoseconds)
    }

    /// How long an attempt is alone (RFC 8305 §8 recommends it).
    static let headStart = Nanoseconds.milliseconds(250)

    /// Woken when an attempt ends.
    let sleeper: Sleeper
    private let loop: EventLoop
    private let source: SocketAddress?
    private var waiting: ArraySlice<SocketAddress>
    private var attempts: [(address: SocketAddress, stream: Stream)] = []
    private var nextStart = Nanoseconds.zero
    private var error = SocketError.unreachable
    /// The addresses that another one had to stand in for.
    private(set) var failed: [SocketAddress] = []

    /// A race that begins with the first step.
    init(to addresses: [SocketAddress], from source: SocketAddress?, on loop: EventLoop) {
        waiting = addresses[...]
        self.source = source
        self.loop = loop
        sleeper = Sleeper(loop: loop)
    }

    /// Looks at the attempts that have ended and begins the next one if it is time.
    mutating func step() -> Step {
        let failures = failed.count
        if let winner = takeEnded() {
            end()
            return .won(winner.stream, winner.address)
        }
        if attempts.isEmpty || failed.count > failures || loop.tick >= nextStart { beginNext() }
        if attempts.isEmpty { return .lost(error) }
        return .wait(waiting.isEmpty ? .never : nextStart)
    }

    /// Gives up what is still under way.
    mutating func end() {
        for attempt in attempts {
            failed.append(attempt.address)
            attempt.stream.close()
        }
        attempts = []
    }

    /// Takes out the attempts that have ended, up to one that has succeeded; of those that began
    /// after it nothing is known.
    private mutating func takeEnded() -> (address: SocketAddress, stream: Stream)? {
        var place = 0
        while place < attempts.count {
            let attempt = attempts[place]
            guard attempt.stream.isWritable else {
                place += 1
                continue
            }
            attempts.remove(at: place)
            do throws(SocketError) {
                try attempt.stream.endConnecting()
                for late in attempts[place...] { late.stream.close() }
                attempts.removeSubrange(place...)
                return attempt
            } catch {
                self.error = error
                failed.append(attempt.address)
            }
        }
        return nil
    }

    private mutating func beginNext() {
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
