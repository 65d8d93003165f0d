import ChatloadKit
import Networking

extension PlanReport {
    /// What the files were recognised as, each format once.
    var formats: String {
        var titles: [String] = []
        for format in order.plan.workload.formats where !titles.contains(format.title) {
            titles.append(format.title)
        }
        return titles.joined(separator: "\n")
    }

    var leftOut: String {
        order.review.omissions.found.filter(\.kind.isLeftOut).map { $0.kind.words($0.count) }
            .joined(separator: "\n")
    }

    var rejected: String {
        let review = order.review
        if review.rejected.count == 0 { return "" }
        let all = Units.format(count: review.rejected.count + order.census.once.conversations)
        var lines = [
            "\(Units.format(count: review.rejected.count)) of \(all) conversations have errors:"
        ]
        lines += review.complaints.map(\.description)
        let others = review.complaintCount - review.complaints.count
        if others > 0 { lines.append("and \(Units.format(count: others)) more errors") }
        return lines.joined(separator: "\n")
    }
}
