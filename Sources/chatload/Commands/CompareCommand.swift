import Base
import ChatloadKit

/// `compare`: are two sides of runs different, and is it real?
///
/// The comparison, or `compare.json` with `--format json`, goes to `print`; files are written only
/// where `--output` says.
///
/// - Returns: where `--fail-on` asks for something, that a run is invalid, and if none is, whether a
///   limit is not kept.
/// - Throws: what is missing or cannot be read or written.
func compareCommand(
    _ settings: CompareSettings, isColoured: Bool = false, showsProgress: Bool = false,
    print: (String) -> Void
) throws(Fault) -> ExitCode {
    let (base, new) = try settings.sides()
    do throws(Fault) {
        if let output = settings.output { try RunReader.requireOwn(output, of: []) }
        let bytes = showsProgress ? RunReader.logSize(of: base + new) : 0
        var line = CheckingLine(isShown: showsProgress, doing: "reading the log")
        defer { line.finish() }
        let comparison = try compared(base, new, settings) { line.advance($0, of: bytes) }
        line.finish()
        var files: [String] = []
        if let output = settings.output {
            files = try comparison.write(to: output)
        }
        if settings.process.isJSON {
            print(try JSONReport.text(comparison))
        } else {
            print(
                CompareText(
                    comparison, showsAll: settings.showsAll, files: files, isColoured: isColoured
                ).text)
        }
        if comparison.limits.isEmpty { return .ok }
        if !comparison.alarms.isEmpty { return .runInvalid }
        return comparison.limits.contains(where: \.state.closes) ? .sloFailed : .ok
    } catch {
        throw Fault(error.description)
    }
}

private func compared(
    _ base: [String], _ new: [String], _ settings: CompareSettings,
    progress: (Int) -> Void
) throws(Fault) -> Comparison {
    let folders = (base + new).map(RunReader.folder)
    for (index, folder) in folders.enumerated() where folders[..<index].contains(folder) {
        throw Fault("\(folder): given twice; a run cannot be compared with itself")
    }
    var how = Comparison.Settings()
    how.confidence = settings.confidence
    how.margin = settings.margin
    how.seed = settings.seed
    return try Comparison(
        base: try samples(base, progress), new: try samples(new, progress), settings: how,
        roles: .ofOptions, limits: settings.limits)
}

private func samples(
    _ paths: [String], _ progress: (Int) -> Void
) throws(Fault) -> [RunSample] {
    var samples: [RunSample] = []
    for path in paths { samples.append(try RunSample.read(path, progress: progress)) }
    return samples
}
