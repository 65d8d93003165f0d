/// Where the times of what was received come from, and how late it was read.
extension TerminalReport {
    var arrivals: [Line] {
        let verdict = summary.verdict
        guard let source = verdict.arrivalTimes else { return [] }
        var lines = wrapped(source.meaning, label: "arrivals")
        if verdict.readLate.count > 0 {
            lines += wrapped(lateness(verdict.readLate), label: "read late")
        }
        for remark in verdict.remarksOnArrivals { lines += wrapped(remark, label: "") }
        return lines
    }
}

extension ArrivalSource {
    /// What it means for the figures, in a clause.
    var meaning: String {
        switch self {
        case .kernel: "times of what was received are the kernel's"
        case .reading:
            "times of what was received are those of its reading: the kernel gave no others"
        }
    }
}

extension Verdict {
    /// Which received times are not exact.
    var remarksOnArrivals: [String] {
        var remarks: [String] = []
        if arrivalTimes == .kernel, unstampedResponses > 0 {
            remarks.append(
                "\(Figures.count(unstampedResponses)) responses without one have that of their reading")
        }
        if mergedReads > 0 {
            remarks.append(
                "\(Figures.count(mergedReads)) first bytes waited with others: ttfb at most what is shown")
        }
        return remarks
    }
}
