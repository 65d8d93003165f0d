import ChatloadKit
import Base
import Networking
import Testing

@testable import chatload

/// What the options of a load's shape come to.
@Suite struct LoadOptionsTests {
    private func load(_ line: String) throws -> LoadShape {
        try runSettings("w.jsonl " + line).plan.check(for: .stammer)
    }

    @Test(
        arguments: [
            ("", 10, nil, nil, 10), ("-c 7", 7, nil, nil, 10), ("-n 5", 10, nil, nil, nil),
            ("-r 50", 1_000, nil, 50.0, 10), ("-r 300/m -c 20", 20, nil, 5, 10),
            ("--ramp-up 5s -c 20", 20, "0 to 20 in 5s, then 20", nil, 15),
            ("--stage 10s:5 --stage 1m:5", 5, "0 to 5 in 10s, 5 for 1m, then 5", nil, 70),
            ("-c 8 --stage 10s:8 --stage 5s:0", 8, "8 for 10s, 8 to 0 in 5s, then 0", nil, 15),
            ("--stage 0:30 --stage 10s:30 -d 60s", 30, "30 for 10s, then 30", nil, 60),
            (
                "-r 0 --stage 10s:90/m --stage 5s:1", 1_000,
                "0 to 1.5 in 10s, 1.5 to 1 in 5s, then 1",
                1.5, 15
            ),
            ("-r 10 --ramp-up 30s --warmup 40s", 1_000, "0 to 10 in 30s, then 10", 10, 50),
        ] as [(String, Int, String?, Double?, Int64?)])
    func shapes(
        line: String, users: Int, curve: String?, rate: Double?, seconds: Int64?
    ) throws {
        let load = try load(line)
        #expect(load.users == users)
        #expect(load.curve?.specification == curve)
        #expect(load.arrivals?.rate == rate)
        #expect(load.duration == seconds.map { .seconds($0) })
    }

    @Test(
        arguments: [
            ("", .constant), ("--arrivals poisson", .poisson),
            ("--arrivals gamma --burstiness 0.5", .gamma(burstiness: 0.5)),
            ("--burstiness 2", .gamma(burstiness: 2)),
        ] as [(String, ArrivalProcess)])
    func arrivals(line: String, process: ArrivalProcess) throws {
        #expect(try load("-r 5 " + line).arrivals?.process == process)
    }

    @Test func retries() throws {
        let settings = try runSettings("w.jsonl --retry 3 --retry-delay 1s --retry-unsafe")
        #expect(settings.plan.retry.most == 3 && settings.plan.retry.delay == .seconds(1))
        #expect(settings.plan.retry.repeatsUnsafe)
        #expect(try runSettings("w.jsonl").plan.retry.most == 0)
    }

    @Test func theRest() throws {
        let settings = try runSettings(
            "w.jsonl --warmup 20 --start-jitter 2s --think reading:250wpm --idle-close 5s"
                + " --source-address 127.0.0.2,127.0.0.3")
        let load = try settings.plan.check(for: .stammer)
        #expect(load.warmup == .conversations(20) && load.startJitter == .seconds(2))
        #expect(load.thinkOverride == .reading(wordsPerMinute: 250))
        #expect(settings.plan.connections.idleClose == .seconds(5))
        #expect(settings.plan.connections.sources.map(\.ip) == ["127.0.0.2", "127.0.0.3"])
        #expect(try runSettings("w --warmup 1m30s").plan.load.warmup == .time(.seconds(90)))
    }

    @Test(arguments: [
        ("--arrivals poisson", "--arrivals", "needs a rate"),
        ("--burstiness 0.5", "--burstiness", "needs a rate"),
        ("-r 5 --arrivals gamma", "--arrivals", "gamma needs a burstiness"),
        (
            "-r 5 --arrivals poisson --burstiness 2", "--burstiness",
            "goes with --arrivals gamma only"
        ),
        ("-r 0", "--stage", "the load never rises above zero"),
        ("--stage 10s:0", "--stage", "the load never rises above zero"),
        (
            "--stage 10s:5/s", "--stage",
            "in the closed model a stage wants a whole number of users"
        ),
        ("-r 5 --start-jitter 1s", "--start-jitter", "is for the closed model"),
        (
            "-d 10s --warmup 10s", "--warmup",
            "the warm-up lasts as long as the run: nothing would be measured"
        ),
        (
            "-n 10 --warmup 10", "--warmup",
            "the warm-up lasts as long as the run: nothing would be measured"
        ),
    ])
    func contradictions(line: String, flag: String, message: String) throws {
        let complaint = #expect(throws: Fault.self) { try load(line) }
        #expect(complaint?.place == .flag(flag))
        #expect(complaint?.message == message)
        #expect(complaint?.hint != nil)
    }

    @Test(arguments: [
        "-r fast", "-r -1", "-r 1e3", "--arrivals normal", "-r 5 --burstiness 0", "--ramp-up 0",
        "--stage 10s", "--stage 10s:x", "--stage :5", "--stage 1s:2:3", "--warmup 0",
        "--warmup 1.5",
        "--warmup soon", "--think reading:0wpm", "--think reading:fastwpm",
        "--source-address localhost", "--source-address 127.0.0.1,",
    ])
    func malformed(line: String) throws {
        #expect(throws: Fault.self) { try load(line) }
    }
}
