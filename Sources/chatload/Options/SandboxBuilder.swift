import Base
import ChatloadKit
import Networking
import Sandbox

/// Makes a sandbox's settings of what was asked for.
enum SandboxBuilder {
    /// The sandbox inside a run without a target: it offers the run's service alone.
    static func embedded(_ settings: RunSettings, seed: UInt64) -> SandboxSettings {
        var sandbox = SandboxSettings()
        sandbox.seed = seed
        sandbox.faults = settings.sandboxFaults
        sandbox.stalls = settings.sandboxStalls
        for service in SandboxSettings.services {
            var conduct = SandboxSettings.Service()
            conduct.isOffered = service.name == settings.service.name
            conduct.latency = settings.sandboxLatency ?? conduct.latency
            conduct.errorRate = settings.sandboxErrorRate ?? conduct.errorRate
            conduct.requestLimit = settings.sandboxLimits["requests"]
            conduct.tokenLimit = settings.sandboxLimits["tokens"]
            sandbox[keyPath: service.settings] = conduct
        }
        return sandbox
    }

    /// The sandbox of `serve`. A seed that was not given is drawn.
    static func served(_ settings: ServeSettings, in surroundings: ProcessEnvironment)
        throws(Fault)
        -> SandboxSettings
    {
        var sandbox = SandboxSettings()
        guard let address = SocketAddress(ip: settings.host, port: settings.port) else {
            throw Fault(
                "\(Printable.quoted(settings.host)) is not an IP address", at: .flag("--host"),
                hint: "127.0.0.1 listens on this machine only, 0.0.0.0 on every interface")
        }
        sandbox.address = address
        sandbox.seed = settings.seed ?? Seed.drawn()
        sandbox.isBotyardExact = settings.isExact
        sandbox.faults = settings.faults
        sandbox.stalls = settings.stalls
        sandbox.botyardReplies = settings.botyardReplies
        sandbox.tamakoMissingStatus = settings.tamakoMissing.status
        for service in SandboxSettings.services {
            var conduct = SandboxSettings.Service()
            let name = service.name
            conduct.isOffered = settings.services.isEmpty || settings.services.contains(name)
            let latency = settings.latency[name] ?? settings.latency["*"]
            conduct.latency = latency ?? conduct.latency
            let rate = settings.errorRate[name] ?? settings.errorRate["*"]
            conduct.errorRate = rate ?? conduct.errorRate
            let limits = settings.limits
            conduct.requestLimit = limits["\(name) requests"] ?? limits["* requests"]
            conduct.tokenLimit = limits["\(name) tokens"] ?? limits["* tokens"]
            sandbox[keyPath: service.settings] = conduct
        }
        if let path = settings.credentials {
            sandbox.credentials = try credentials(path, in: surroundings)
        }
        return sandbox
    }

    private static func credentials(_ path: String, in surroundings: ProcessEnvironment)
        throws(Fault) -> Credentials
    {
        let flag = Fault.Place.flag("--credentials")
        guard let bytes = try surroundings.text(in: path, namedAt: flag) else {
            throw Fault("cannot read \(Printable.quoted(path))", at: flag)
        }
        do {
            return try Credentials(parsing: bytes)
        } catch {
            throw error.at(.file(path, line: error.line, column: nil))
        }
    }
}

/// Seeds for runs that were given none.
enum Seed {
    /// A fresh one, short enough to be typed again.
    static func drawn() -> UInt64 { UInt64(UInt32.random(in: 1...UInt32.max)) }
}
