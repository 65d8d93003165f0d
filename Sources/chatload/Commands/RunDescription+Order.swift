import Base
import ChatloadKit
import Glibc

extension RunDescription {
    /// What `run.json` says of a run that is about to begin; secrets stand in it by reference only.
    init(of order: PreparedRun, settings: RunSettings) {
        self.init(name: String(order.output.split(separator: "/").last ?? "run"))
        command = order.plan.order.isReplay ? "replay" : "run"
        started = UTCTime.text(of: UTCTime.now)
        service = order.plan.service.description.name
        target = order.targetInWords
        proxy = order.plan.connections.proxy?.description
        workloads = order.plan.workload.paths
        users = order.plan.load.users
        seed = order.plan.seed
        planHash = order.plan.digest
        digests = order.plan.inputs.map(\.digest)
        conversations = order.plan.order.count
        phases = order.plan.phases
        rejected = order.review.rejected.count
        parts = [RunPart(started: started, boot: Machine.boot)]
        expectedSteps = order.review.census.expectedSteps
        logMode = settings.output.log
        plan = RecordedPlan(
            objectives: order.objectives, verifiesCertificate: !settings.tls.isInsecure)
        for entry in settings.typed.entries { self.settings[entry.key] = entry.value }
        for entry in settings.output.labels.entries { labels[entry.key] = entry.value }
        versions = ["chatload": Help.version, "kernel": Machine.kernel]
        machine = Machine.description(workers: order.workers)
    }
}

/// The machine a run is generated on.
enum Machine {
    /// The kernel's name and release.
    static var kernel: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return text(of: &names.sysname) + " " + text(of: &names.release)
    }

    /// An identifier that changes each time the machine starts; empty where it has none.
    static var boot: String {
        let bytes = (try? Files.contents(of: "/proc/sys/kernel/random/boot_id")) ?? []
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }

    /// Cores, memory and architecture, in words.
    static func description(workers: Int) -> [String: String] {
        var names = utsname()
        _ = uname(&names)
        let pages = max(sysconf(Int32(_SC_PHYS_PAGES)), 0)
        let bytes = pages.multipliedReportingOverflow(by: max(sysconf(Int32(_SC_PAGESIZE)), 0))
        return [
            "cpus": "\(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))",
            "memory_bytes": "\(bytes.overflow ? 0 : bytes.partialValue)",
            "architecture": text(of: &names.machine), "workers": "\(workers)",
        ]
    }

    private static func text<Field>(of field: inout Field) -> String {
        withUnsafeBytes(of: &field) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
