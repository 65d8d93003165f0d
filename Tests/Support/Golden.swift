import Glibc

/// Texts that a test expects, kept in `Tests/Golden` where people can read them.
///
/// With the environment variable `CHATLOAD_RECORD=1` the files are written instead of compared.
package enum Golden {
    /// What is wrong with `text` compared with the golden file called `name`: the first line that
    /// differs; nil when they agree or the file has just been recorded.
    package static func difference(_ text: String, from name: String) -> String? {
        let path = folder + name
        if let value = getenv("CHATLOAD_RECORD"), String(cString: value) == "1" {
            return write(text, to: path) ? nil : "cannot write \(path)"
        }
        guard let expected = Support.text(of: path) else {
            return "no \(path); record it with CHATLOAD_RECORD=1"
        }
        if expected == text { return nil }
        let pairs = zip(lines(of: expected) + ["(end)"], lines(of: text) + ["(end)"])
        for (number, (old, new)) in pairs.enumerated() where old != new {
            return "\(name):\(number + 1)\n  expected: \(old)\n  found:    \(new)"
        }
        return "\(name): one of the texts goes on where the other ends"
    }

    private static let folder = String(#filePath.dropLast("Support/Golden.swift".count)) + "Golden/"

    private static func lines(of text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    private static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        return fwrite(bytes, 1, bytes.count, file) == bytes.count
    }
}
