import Glibc

/// A folder that goes away with this value.
package final class ScratchFolder: Sendable {
    /// The folder's path.
    package let path: String

    /// There is no place for a new folder.
    package struct Unavailable: Error {}

    /// A new, empty folder.
    package init() throws(Unavailable) {
        var template = Array("/tmp/chatload-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unavailable() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    /// Writes a file into the folder and returns its path.
    package func write(_ text: String, to name: String) throws(Unavailable) -> String {
        try write(Array(text.utf8), to: name)
    }

    /// Writes a file of these bytes into the folder and returns its path.
    package func write(_ bytes: [UInt8], to name: String) throws(Unavailable) -> String {
        let file = "\(path)/\(name)"
        guard let handle = fopen(file, "w") else { throw Unavailable() }
        defer { fclose(handle) }
        guard fwrite(bytes, 1, bytes.count, handle) == bytes.count else { throw Unavailable() }
        return file
    }

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
