import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct RunLogTests {
    @Test func manyWorkersRowsAreWholeAndComplete() async throws {
        let folder = try ScratchFolder()
        let run = SyntheticRun(seed: 8, count: 4_000)
        let log = try RunLog(folder: "\(folder.path)/reports/run", mode: .all)
        await withTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    var end = WorkerLog(
                        log: log, service: "tamako", credentials: SyntheticRun.credentials)
                    for (number, exchange) in run.exchanges.enumerated()
                    where number % 4 == worker {
                        end.add(exchange, step: run.steps[exchange.step])
                        if number % 100 < 4 { end.flush() }
                    }
                    if worker == 0 { for talk in run.conversations { end.add(talk) } }
                    end.flush()
                }
            }
        }
        try log.close()
        try ReportFolder.write(run.description, to: log.folder)
        let summary = try RunReader.summary(of: [log.folder])
        #expect(summary == run.aggregator.summary(of: run.description))
    }

    @Test func onlyTheOwnerMayRead() throws {
        let folder = try ScratchFolder()
        let log = try RunLog(folder: "\(folder.path)/run", mode: .all)
        try log.close()
        var status = stat()
        #expect(stat("\(folder.path)/run", &status) == 0 && status.st_mode & 0o777 == 0o700)
        let file = "\(folder.path)/run/exchanges.csv"
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func aRunIsNeverOverwritten() throws {
        let folder = try ScratchFolder()
        try RunLog(folder: "\(folder.path)/run", mode: .all).close()
        let error = #expect(throws: Fault.self) {
            try RunLog(folder: "\(folder.path)/run", mode: .errors)
        }
        #expect(
            error?.description.hasSuffix("/run: holds a run already; choose another folder") == true
        )
    }

    @Test func errorsModeKeepsFailuresAndNoneKeepsNothing() throws {
        let run = SyntheticRun(seed: 8, count: 500)
        for (mode, count) in [(LogMode.errors, 0), (.none, -1)] {
            let folder = try ScratchFolder()
            let log = try RunLog(folder: folder.path, mode: mode)
            var end = WorkerLog(
                log: log, service: "tamako", credentials: SyntheticRun.credentials)
            for exchange in run.exchanges { end.add(exchange, step: "say") }
            end.flush()
            try log.close()
            #expect(Files.exists("\(folder.path)/exchanges.csv") == (count == 0))
            if mode == .none { continue }
            var read = Aggregator(steps: StepTable())
            _ = try LogReader.read(
                exchanges: "\(folder.path)/exchanges.csv", into: &read)
            let totals = read.summary(of: run.description).totals
            #expect(totals[.succeeded] == 0)
            #expect(totals[.failed] == run.exchanges.count { $0.outcome != .ok })
        }
    }

    @Test func aFullDiskIsToldAtTheEnd() throws {
        let log = RunLog(
            LogFiles(
                exchanges: open("/dev/full", O_WRONLY), conversations: open("/dev/null", O_WRONLY)))
        for _ in 0..<10 { log.submit(\.exchanges, Array("row\n".utf8)) }
        let error = #expect(throws: Fault.self) { try log.close() }
        #expect(
            error?.description
                == "exchanges.csv: cannot write: No space left on device; "
                + "the log is incomplete from there on")
    }

    @Test func aSlowDiskMakesTheSubmitterWrite() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/rows"
        let log = RunLog(
            LogFiles(
                exchanges: try Files.create(path), conversations: open("/dev/null", O_WRONLY)))
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: RunLog.backlogLimit / 2 + 1)
        for _ in 0..<3 { log.submit(\.exchanges, chunk) }
        try log.close()
        var status = stat()
        #expect(stat(path, &status) == 0 && Int(status.st_size) == 3 * chunk.count)
    }
}
