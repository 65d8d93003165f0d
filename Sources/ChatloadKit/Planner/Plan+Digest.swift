import Networking

extension Plan {
    /// Sixteen hexadecimal digits that are the same for two plans that decide the same: workload,
    /// choices, load, timeouts, service and seed, but not where the service runs. Secrets are no
    /// part of it.
    package var digest: String {
        let settings = service.settings.masked.sorted { $0.key < $1.key }
        var hash = FNV1a()
        hash.add("\(service.name.rawValue) \(settings) \(load) \(timeouts) \(seed)")
        let limits = quotas.map(\.specification)
        let identities = credentials.map { credential in
            credential.label + " \(credential.service.settings.masked.sorted { $0.key < $1.key })"
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
    package var changedInput: ScriptComplaint? { workload.change ?? feeder?.table.change }
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

/// The hash of Fowler, Noll and Vo (FNV-1a) with 64 bits: good enough to tell plans and names apart,
/// no protection against somebody who makes them collide.
struct FNV1a {
    private static let prime: UInt64 = 0x100_0000_01B3

    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The value as sixteen hexadecimal digits.
    var digits: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(UInt64(byte)) }
    }

    /// Adds much at once: eight bytes a step, with their number at the end.
    mutating func add(words bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { raw in
            var place = 0
            while place + 8 <= raw.count {
                add(raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                // The product alone never carries high bits down.
                value ^= value >> 32
                place += 8
            }
            for byte in raw[place...] { add(UInt64(byte)) }
            add(UInt64(raw.count))
        }
    }

    private mutating func add(_ word: UInt64) { value = (value ^ word) &* Self.prime }
}
