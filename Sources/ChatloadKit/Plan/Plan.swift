package import Base
package import Networking

/// Everything that is decided before the first byte is sent: immutable, printable, and all the
/// dispatcher needs to know.
package struct Plan: Sendable {
    package var service: any ChatService
    package var target: Target
    package var workload: Workload
    /// Which conversations are played, and in which order.
    package var order: PlayOrder
    /// When the conversations of a replay start; nil for as soon as the load allows.
    package var clock: ReplayClock?
    package var load: LoadShape
    package var timeouts = Timeouts()
    package var connections = Connections()
    /// What connections to the target are encrypted with; nil where they are not.
    package var tls: TLSContext?
    package var seed: UInt64
    /// Limits that the run keeps of its own accord.
    package var quotas: [Quota] = []
    /// Identities towards the service, instead of the service's own; empty for that alone.
    package var credentials: [Credential] = []
    package var assignment = CredentialAssignment.sticky
    package var onReject = RejectionPolicy.record
    /// Where the values of the scripts' variables come from, besides the scripts.
    package var feeder: Feeder?
    package var retry = RetryPolicy()
    /// How tokens are counted that the service does not report.
    package var tokens = TokenEstimate.usual
}

extension Plan {
    /// The conversations that may begin; nil when nothing limits them.
    package var conversationLimit: Int? {
        guard let count = order.count else { return load.conversations }
        return min(count, load.conversations ?? .max)
    }
}

extension Plan {
    /// Sixteen hexadecimal digits that are the same for two plans that decide the same: workload,
    /// choices, load, timeouts, service and seed, but not where the service runs. Secrets are no
    /// part of it.
    package var digest: String {
        let settings = service.setup.settings.masked.sorted { $0.key < $1.key }
        var hash = FNV1a()
        hash.add("\(service.description.name) \(settings) \(load) \(timeouts) \(seed)")
        let limits = quotas.map(\.specification)
        let identities = credentials.map { credential in
            credential.label
                + " \(credential.service.setup.settings.masked.sorted { $0.key < $1.key })"
        }
        hash.add("\(order.isReplay) \(clock.map { "\($0.pace)" } ?? "")")
        hash.add("\(limits) \(identities) \(assignment) \(onReject) \(retry) \(tokens)")
        for digest in workload.digests { hash.add(digest) }
        if let feeder { hash.add(feeder.digest) }
        return hash.digits
    }
}

extension Plan {
    /// The files that are played, the workload's and then that of the data, each with a digest of its
    /// content.
    package var inputs: [(path: String, digest: String)] {
        Array(zip(workload.paths, workload.digests))
            + (feeder.map { [($0.table.path, $0.digest)] } ?? [])
    }

    /// What has happened to one of them since it was opened; nil where all are as they were.
    package var changedInput: Fault? { workload.change ?? feeder?.table.change }
}

extension Workload {
    /// Sixteen hexadecimal digits for each file, in the order of `paths`: the same for the same
    /// content.
    package var digests: [String] {
        sources.map(\.file.digest)
    }
}

extension Feeder {
    /// Sixteen hexadecimal digits that are the same for the same rows for the same conversations.
    package var digest: String {
        var hash = FNV1a()
        hash.add("\(order) \(per) \(table.file.digest)")
        return hash.digits
    }
}

extension MappedFile {
    /// Sixteen hexadecimal digits that are the same for the same content. Pages that have been read
    /// are given back.
    fileprivate var digest: String {
        var hash = FNV1a()
        var start = 0
        while start < count {
            let stretch = start..<min(start + ElementIndex.stretch, count)
            withBytes(in: stretch) { hash.add(words: $0) }
            forget(stretch)
            start = stretch.upperBound
        }
        return hash.digits
    }
}
