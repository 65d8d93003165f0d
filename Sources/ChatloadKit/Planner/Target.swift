/// Where a service runs.
package struct Target: Sendable, Equatable {
    package var host: String
    package var port: Int
    /// What precedes every path of the service; without a slash at its end.
    package var pathPrefix: String

    package init(host: String, port: Int, pathPrefix: String = "") {
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
    }

    /// What `Host` says: the port only where it is not the scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }
}
