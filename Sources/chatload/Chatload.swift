import Base
import ChatloadKit
import Glibc
import Networking

/// The executable: reads the command line, hands over to the command, and turns what comes back
/// into an exit code.
@main
struct Chatload {
    static func main() async {
        ThisProcess.watchFaults()
        // A reader that goes away (`| head`) must not end a run: what it refuses is dropped.
        signal(SIGPIPE, SIG_IGN)
        // A file beyond the limit on its size is to be told like a full disk.
        signal(SIGXFSZ, SIG_IGN)
        Terminal.fillClosedStreams()
        ThisProcess.returnLargeBlocks()
        ThisProcess.shareArenas()
        let surroundings = ProcessEnvironment.ofProcess()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let exitCode = await perform(arguments, in: surroundings)
        exit(finished(exitCode).rawValue)
    }

    /// What the process ends with: a result that did not reach stdout is a failure, whatever it is.
    private static func finished(_ exitCode: ExitCode) -> ExitCode {
        Terminal.closeOutput()
        guard let loss = Terminal.loss else { return exitCode }
        Terminal.messages.write(loss.rendered)
        return loss.exitCode
    }

    /// Does what the arguments say.
    private static func perform(_ arguments: [String], in surroundings: ProcessEnvironment) async
        -> ExitCode
    {
        do {
            let invocation = try Invocation(arguments, in: surroundings)
            for warning in surroundings.strayVariables() + invocation.warnings {
                Terminal.messages.write("chatload: warning: \(warning)\n")
            }
            return try await perform(invocation, in: surroundings)
        } catch {
            Terminal.messages.write(error.rendered)
            return error.exitCode
        }
    }

    private static func perform(_ invocation: Invocation, in surroundings: ProcessEnvironment)
        async
        throws(Fault) -> ExitCode
    {
        switch invocation {
        case .help(let command):
            Terminal.output.write(command.map(Help.page) ?? Help.overview)
            return .ok
        case .version:
            Terminal.output.write("chatload \(Help.version)\n")
            return .ok
        case .run(let settings): return try await runCommand(settings, in: surroundings)
        case .replay(let settings, let folder):
            return try await replayCommand(settings, resuming: folder, in: surroundings)
        case .plan(let settings): return try await planCommand(settings, in: surroundings)
        case .probe(let settings, let probe):
            return try await probeCommand(settings, probe, in: surroundings)
        case .service(let action):
            return try serviceCommand(action, in: surroundings, print: Terminal.output.write)
        case .import(let settings): return try importCommand(settings, in: surroundings)
        case .report(let settings): return try report(settings, in: surroundings)
        case .compare(let settings):
            return try compareCommand(
                settings, isColoured: Terminal.output.showsColour(surroundings.environment),
                showsProgress: Terminal.messages.isInteractive(surroundings.environment),
                print: Terminal.output.write)
        case .serve(let settings):
            return try await serveCommand(
                try settings.sandbox(in: surroundings),
                tls: try settings.tlsContext(in: surroundings),
                isQuiet: settings.process.isQuiet)
        case .completions(let shell):
            Terminal.output.write(shell.completions)
            return .ok
        case .man:
            Terminal.output.write(Help.manual)
            return .ok
        }
    }

    private static func report(_ settings: ReportSettings, in surroundings: ProcessEnvironment)
        throws(Fault) -> ExitCode
    {
        if settings.runs.isEmpty {
            throw Fault(
                "no run to report on", hint: "name a run's folder, such as reports/mine")
        }
        let exports = try Export.opened(settings.exports.paths, output: settings.output)
        return try Fault.telling { () throws(Fault) in
            try reportCommand(
                paths: settings.runs, by: settings.objectives, output: settings.output,
                exports: exports, isJSON: settings.process.isJSON,
                isColoured: Terminal.output.showsColour(surroundings.environment),
                columns: Terminal.output.size.columns,
                showsProgress: Terminal.messages.isInteractive(surroundings.environment),
                print: Terminal.output.write)
        }
    }
}
