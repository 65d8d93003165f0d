import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// The wall clock is read once, at the start; what it says then, or how it is set while a run lasts,
/// changes nothing.
@Suite struct WallClockTests {
    /// A run that is paced, rejected, timed out and put off, and what it has logged.
    private static func log(wallClock: Int64?) async throws -> [UInt8] {
        let folder = try ScratchFolder()
        let log = try RunLog(folder: folder.path + "/run", mode: .all)
        var sandbox = SandboxSettings()
        sandbox.seed = 3
        sandbox.startTime = .seconds(1_700_000_000)
        sandbox.faults = [
            try FaultRule(parsing: "reject-date:10%"), try FaultRule(parsing: "no-answer:2%"),
            try FaultRule(parsing: "reject-seconds:5%"),
        ]
        var run = VirtualRun(
            scripts: [#"{"id":"a","turns":[{"say":"Hello","think":"1s"},{"say":"Bye"}]}"#],
            load: LoadShape(users: 5, conversations: 60), timeouts: Timeouts(total: .seconds(4)))
        run.log = log
        run.wallClock = wallClock
        run.adjust = { $0.onReject = .wait }
        _ = try await run.againstSandbox(sandbox)
        try log.close()
        return try Files.contents(of: folder.path + "/run/exchanges.csv")
    }

    @Test func aRunIsTheSameWhateverItSays() async throws {
        let expected = try await Self.log(wallClock: 1_800_000_000)
        let text = String(decoding: expected, as: UTF8.self)
        #expect(text.contains(",429,rejected,") && text.contains(",timeout,"))
        for wallClock in [nil, 0, 1_000, 4_000_000_000] as [Int64?] {
            #expect(try await Self.log(wallClock: wallClock) == expected)
        }
    }
}
