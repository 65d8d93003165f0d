extension TerminalReport {
    /// How the replies differ from the recorded ones, and those that differ most.
    var drift: [Line] {
        let drift = summary.drift
        if drift.compared + drift.missing == 0 { return [] }
        var lines = [Line("Replies beside the recorded ones", .title)]
        lines += wrapped(text(of: drift), label: "compared")
        if drift.missing > 0 {
            lines += wrapped(
                "\(Figures.count(drift.missing)) recorded replies have none beside them",
                label: "missing")
        }
        guard let mean = drift.meanDistance, let median = drift.medianDistance else { return lines }
        lines += wrapped(
            "mean \(Self.distance(mean)), median \(Self.distance(median)): 0 is the same text, 1"
                + " a wholly different one" + (drift.cut > 0 ? Self.words(onCut: drift.cut) : ""),
            label: "distance")
        if !drift.mostChanged.isEmpty { lines.append(Line("  most changed")) }
        return lines + drift.mostChanged.flatMap(self.lines)
    }

    private func text(of drift: DriftFigures) -> String {
        let all = drift.compared
        return "\(Figures.count(all)): \(Figures.count(drift.exact)) exactly the same"
            + " (\(Figures.share(drift.exact, of: all))),"
            + " \(Figures.count(drift.equalAfterFolding)) but for case and space,"
            + " \(Figures.count(drift.changed)) changed (\(Figures.share(drift.changed, of: all)))"
    }

    private func lines(of example: DriftExample) -> [Line] {
        let place = "\(example.conversation), turn \(example.turn)"
        return [
            Line(
                TextLayout.right(Self.distance(example.distance), 8) + "  "
                    + TextLayout.cut(TextLayout.visible(place), columns - 10))
        ]
            + [("recorded", example.recorded), ("live", example.live)].map { label, text in
                let shown = TextLayout.cut(TextLayout.visible(text), columns - 20)
                return Line("          " + TextLayout.left(label, 10) + shown)
            }
    }

    private static func distance(_ value: Double) -> String { Figures.decimal(value, places: 3) }

    private static func words(onCut count: Int) -> String {
        "; of \(Figures.count(count)) long replies the beginning of what differs stands for the rest"
    }
}
