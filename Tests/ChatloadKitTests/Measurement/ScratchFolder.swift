import Glibc

@testable import ChatloadKit

/// A folder that goes away with this value.
final class ScratchFolder: Sendable {
    let path: String

    init() throws(LogComplaint) {
        var template = Array("/tmp/chatload-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LogComplaint("no scratch folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(folder)
        }
        if unlink(path) != 0 { rmdir(path) }
    }
}
