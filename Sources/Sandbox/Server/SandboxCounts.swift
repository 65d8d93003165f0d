/// What a sandbox has received and sent since its start: the server's own figures, to hold the
/// client's against.
package struct SandboxCounts: Sendable, Equatable {
    /// What one credential has sent.
    package struct Credential: Sendable, Equatable {
        /// Requests of those that a limit would count.
        package var requests = 0
        /// How many of them a limit refused.
        package var rejected = 0
        /// Tokens of its messages and of the replies.
        package var tokens = 0
    }

    /// Requests by route (`tamako.chat`, `botyard.messages.send`, …) and status; those that a fault
    /// keeps from a whole answer stand under the status 0. A request counts when its answer is
    /// decided, which is before the bot's latency.
    package var requests: [String: [Int: Int]] = [:]
    /// How often each fault has happened, by its name.
    package var faults: [String: Int] = [:]
    /// By service, its first 1000 credentials in the order in which they came; never the credentials
    /// themselves. Botyard's users are counted only where it has a limit.
    package var credentials: [String: [Credential]] = [:]
    /// Connections accepted.
    package var connections = 0
    /// Connections closed at once because there were too many.
    package var refusedConnections = 0
    /// Bytes of requests, as they came from the sockets.
    package var bytesIn = 0
    /// Bytes of responses, as they were given to the sockets.
    package var bytesOut = 0

    /// What was generated.
    package var generated = Generated()

    /// What services that generate text have sent.
    package struct Generated: Sendable, Equatable {
        /// Streams that have begun.
        package var streams = 0
        /// Those of them whose client went away before their end.
        package var cutStreams = 0
        /// Frames of streams that carried tokens.
        package var frames = 0
        /// Tokens of whole replies and of those frames.
        package var tokens = 0
        /// Replies under way.
        var running = 0
    }

    /// Requests of all routes and statuses.
    package var total: Int {
        requests.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    }

    /// The counts as a JSON object with sorted keys.
    package var json: String {
        let routes = requests.sorted { $0.key < $1.key }.map { route, statuses in
            let counts = statuses.sorted { $0.key < $1.key }
                .map { "\"\(Self.name(ofStatus: $0.key))\":\($0.value)" }
            return "\"\(route)\":{\(counts.joined(separator: ","))}"
        }
        let services = credentials.sorted { $0.key < $1.key }.map { service, counts in
            "\"\(service)\":[\(counts.map(\.json).joined(separator: ","))]"
        }
        let kinds = faults.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return "{\"requests\":{\(routes.joined(separator: ","))},\"total\":\(total),"
            + "\"faults\":{\(kinds.joined(separator: ","))},"
            + "\"credentials\":{\(services.joined(separator: ","))},"
            + "\"connections\":\(connections),\"refused_connections\":\(refusedConnections),"
            + "\"bytes_in\":\(bytesIn),\"bytes_out\":\(bytesOut),"
            + "\"streams\":\(generated.streams),\"cut_streams\":\(generated.cutStreams),"
            + "\"frames\":\(generated.frames),\"tokens\":\(generated.tokens)}"
    }

    /// A status in words and files: `none` for the one of requests without a whole answer.
    package static func name(ofStatus status: Int) -> String { status == 0 ? "none" : "\(status)" }
}

extension SandboxCounts.Credential {
    fileprivate var json: String {
        "{\"requests\":\(requests),\"rejected\":\(rejected),\"tokens\":\(tokens)}"
    }
}
