import Base
import ChatloadKit

/// A run that has been played, and what is made of it: the log closed, the folder's files written.
struct PlayedRun {
    let order: PreparedRun
    let figures: Aggregator
    /// The wall clock when it began, to which all times of the log add.
    let started: String
    let wasInterrupted: Bool
    /// What was not kept, where that ended the run.
    let broken: BrokenSLO?
    /// Which input is not what it was, where that ended the run.
    let changedInput: Fault?

    /// Ends the run.
    ///
    /// - Throws: why something could not be written, the first of it.
    func result(
        of run: RunDescription, _ log: RunLog, _ messages: RunMessages, _ exports: [Export]
    ) throws(Fault) -> RunResult {
        let failure: Fault?
        do throws(Fault) {
            try log.close()
            failure = nil
        } catch {
            failure = error
        }
        let result: RunResult
        do throws(Fault) {
            result = try write(run, exports, failed: failure != nil)
        } catch {
            throw complaint(about: failure ?? error, in: run)
        }
        if let failure { throw complaint(about: failure, in: run) }
        if run.command == "replay", result.summary.run.ended != .completed {
            messages.say("what is left is played by: chatload replay --resume \(log.folder)")
        }
        return result
    }

    private func write(
        _ begun: RunDescription, _ exports: [Export], failed: Bool
    ) throws(Fault) -> RunResult {
        let folder = order.output
        let replies = try KeptReplies(in: folder)
        var run = begun
        if run.parts.count == 1 { run.started = started }
        run.parts[run.parts.count - 1].started = started
        run.ended = end(of: run, replies, failed: failed)
        run.brokenSLO = broken?.description
        let generator = try generator(of: run)
        run.arrivalTimes = generator.arrivalTimes
        run.changedInput = changedInput.map { "\($0.file ?? "") \($0.message)" }
        try ReportFolder.write(run, to: folder)
        try ReportFolder.write(generator, to: folder)
        let (transcripts, drift) = try ReportFolder.write(replies, of: run, to: folder)
        let (summary, latencies) = try figures(of: run, replies, drift)
        let files =
            try ReportFolder.write(summary, latencies, to: folder) + transcripts
            + Export.write(
                exports, of: ExportedRun(summary, latencies, logs: [folder]))
        if run.ended == .completed { replies.removeJournal() }
        return RunResult(summary: summary, files: files, wasInterrupted: wasInterrupted)
    }

    /// The figures of all parts are in the log alone.
    private func figures(
        of run: RunDescription, _ replies: KeptReplies, _ drift: ReplyDiffFigures
    ) throws(Fault) -> (Summary, LatencyLog) {
        if run.parts.count > 1 { return try RunReader.figures(of: [order.output]) }
        var summary = figures.summary(of: run)
        summary.drift = drift
        summary.notes = try replies.notes(on: run)
        return (summary, figures.latencyLog)
    }

    /// What the generator says of itself over all parts that lived to say it.
    private func generator(of run: RunDescription) throws(Fault) -> GeneratorFigures {
        var generator = figures.generator
        if run.parts.count > 1 {
            generator.merge(part: try RunReader.generator(of: order.output))
        }
        return generator
    }

    private func end(of run: RunDescription, _ replies: KeptReplies, failed: Bool) -> RunEnd {
        if failed { return .failed }
        if changedInput != nil { return .inputChanged }
        if wasInterrupted { return .interrupted }
        if broken != nil { return .sloBroken }
        let isAll = run.command != "replay" || replies.doneCount >= run.conversations ?? 0
        return isAll ? .completed : .stopped
    }

    private func complaint(about failure: Fault, in run: RunDescription) -> Fault {
        let hint =
            run.command == "replay"
            ? "once there is room, go on with: chatload replay --resume \(order.output)" : nil
        return Fault(failure.description, hint: hint, exitCode: .internalError)
    }
}

extension ExitCode {
    /// How a run that is whole ends: whether anything succeeded comes first, then whether its figures
    /// are the service's under the load that was asked for, and only then what they are.
    init(of summary: Summary) {
        if summary.totals[.succeeded] == 0 {
            self = .nothingSucceeded
        } else if summary.verdict.voidance != nil {
            self = .runInvalid
        } else {
            let areKept = summary.slo.allSatisfy(\.passed) && summary.run.brokenSLO == nil
            self = areKept ? .ok : .sloFailed
        }
    }
}
