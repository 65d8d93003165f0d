import Base
import Glibc

/// The folder whose files scripts may send along: the workload's own, unless the user names another.
/// A script from elsewhere does not choose among all files of the machine.
struct AttachmentFolder: Sendable, Equatable {
    /// The folder, without links; nil where there is none.
    private let path: String?

    /// That of a workload's file, or the one that the user has named.
    init(ofWorkload file: String, named: String? = nil) {
        let above = file.lastIndex(of: "/").map { String(file[...$0]) }
        path = Self.resolved(named ?? above ?? ".")
    }

    /// What is wrong with a file that is to be sent along; nil when it lies below the folder. Links
    /// and `..` are followed first.
    func objection(to file: String) -> String? {
        guard let file = Self.resolved(file) else { return Attachment.unreadable }
        guard let path, file.hasPrefix(path == "/" ? path : path + "/") else {
            return "is outside of the workload's folder"
        }
        return nil
    }

    /// Makes sure that a turn sends nothing along that lies elsewhere.
    ///
    /// - Throws: a `script` failure that names the file.
    @inline(never)
    func check(_ turn: Turn) throws(ExchangeFailure) {
        for file in turn.attachments {
            guard let objection = objection(to: file) else { continue }
            throw Attachment.failure(of: file, objection)
        }
    }

    /// A path without links and `..`; nil, with `errno`, where there is nothing.
    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}

extension Workload.Source {
    /// The column at which a conversation names a file to send along; nil where that is not found.
    func column(ofAttachment path: String, inConversation index: Int) -> Int? {
        guard case .single = arrangement else { return nil }
        var cursor = cursor()
        let element = elements.element(at: index, in: file, from: &cursor)
        let offset = file.withBytes(in: element.range) { bytes -> Int? in
            var scanner = JSONScanner()
            var isWithin = false
            while let token = try? scanner.next(in: bytes), token != .end {
                switch token {
                case .key(let key): isWithin = key.equals("attach", in: bytes)
                case .string(let text) where isWithin && text.string(in: bytes) == path:
                    return text.range.lowerBound - 1
                default: break
                }
            }
            return nil
        }
        return offset.flatMap { file.column(of: element.range.lowerBound + $0) }
    }
}
