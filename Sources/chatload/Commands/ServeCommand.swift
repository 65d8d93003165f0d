import Base
import Glibc
import Networking
import Sandbox

/// `serve`: the sandbox as a server of its own, until the first SIGINT or SIGTERM.
///
/// The one line on stdout is the base URL, first of all and at once, so that a script can read
/// which port it is; everything for people goes to stderr.
///
/// - Throws: that the address cannot be listened on.
func serveCommand(
    _ settings: SandboxSettings, tls: TLSContext?, isQuiet: Bool
) async throws(Fault) -> ExitCode {
    _ = ThisProcess.raiseDescriptorLimit()
    try requireThreads(forLoops: 1)
    let loop = EventLoop(name: "sandbox", poller: EpollPoller())
    loop.start()
    defer { loop.stop() }
    let server = SandboxServer(settings: settings, tls: tls, loop: loop)
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let interrupts = Interrupts {
        end.finish()
    } second: {
        _exit(ExitCode.ok.rawValue)
    }
    defer { interrupts.stop() }
    let address: SocketAddress
    do {
        address = try await server.start()
    } catch {
        throw Fault("cannot listen on \(settings.address): \(error)", at: .flag("--port"))
    }
    Terminal.output.write("\(tls == nil ? "http" : "https")://\(address)\n")
    // Whoever started it waits for this line.
    if Terminal.loss != nil { return .internalError }
    if !isQuiet { Terminal.messages.write(settings.greeting) }
    for await _ in ends {}
    let counts = await server.counts
    await server.stop()
    if !isQuiet { Terminal.messages.write(counts.farewell) }
    return .ok
}

extension SandboxSettings {
    /// What is imitated, and how to end it.
    var greeting: String {
        var text = "The sandbox imitates:\n"
        for (name, path, holder, place, generates) in Self.services {
            let service = self[keyPath: place]
            if !service.isOffered { continue }
            let errors = service.errorRate > 0 ? ", \(service.errorRate * 100)% errors" : ""
            let limits = [service.requestLimit, service.tokenLimit].compactMap(\.self)
                .map { ", \($0) a \(holder)" }.joined()
            let pace =
                generates
                ? "first token \(pacing.firstToken), then \(pacing.perToken) each"
                : "latency \(service.latency)"
            text += "  \(name)  \(path)  \(pace)\(errors)\(limits)\n"
        }
        if !faults.isEmpty {
            let faults = faults.map(\.description).joined(separator: ", ")
            text += "It misbehaves (NAME[:SHARE][@STEP]): \(faults).\n"
        }
        if !stalls.isEmpty {
            let stalls = stalls.map(\.description).joined(separator: ", ")
            text += "It holds its answers for a time (AT:FOR): \(stalls).\n"
        }
        return text + "Its counts are at /_sandbox/counts; seed \(seed). End it with ^C.\n"
    }

}

extension SandboxCounts {
    /// What was received, a line for each route and status.
    var farewell: String {
        var text = "\nReceived \(total) requests on \(connections) connections:\n"
        for (route, statuses) in requests.sorted(by: { $0.key < $1.key }) {
            for (status, count) in statuses.sorted(by: { $0.key < $1.key }) {
                text += "  \(route)  \(Self.name(ofStatus: status))  \(count)\n"
            }
        }
        if generated.tokens > 0 {
            text +=
                "  \(generated.streams) streams, \(generated.cutStreams) of them cut:"
                + " \(generated.frames) frames; \(generated.tokens) tokens in all\n"
        }
        for (fault, count) in faults.sorted(by: { $0.key < $1.key }) {
            text += "  fault  \(fault)  \(count)\n"
        }
        return text
    }
}
