import Base
import Networking

@testable import ChatloadKit

/// A file's conversations, complaints and omissions in words, for golden files and comparisons.
func account(of path: String, as format: WorkloadFormat? = nil) -> String {
    let workload: Workload
    do throws(Fault) {
        workload = try Workload.open([path], as: format)
    } catch {
        return "\(error)".replacing(path, with: "f") + "\n"
    }
    guard let service = try? ObligingService() else { return "" }
    let review = workload.review(with: service)
    var text = workload.formats.map(\.title).joined(separator: ", ") + "\n"
    for complaint in review.complaints {
        text += "rejected: \(complaint)".replacing(path, with: "f") + "\n"
    }
    for (kind, count) in review.omissions.found {
        text += "\(kind.isLeftOut ? "left out" : "included"): \(kind.words(count))\n"
    }
    let kept = workload.leavingOut(review.rejected)
    var buffer = ByteBuffer()
    for index in 0..<kept.count {
        guard let conversation = try? kept.conversation(at: index) else {
            text += "conversation \(index) cannot be read a second time\n"
            continue
        }
        conversation.append(to: &buffer)
    }
    return text + buffer.text
}

/// The account of a file with this text.
func account(ofText text: String, as format: WorkloadFormat? = nil) throws -> String {
    try withFile(text) { account(of: $0, as: format) }
}
