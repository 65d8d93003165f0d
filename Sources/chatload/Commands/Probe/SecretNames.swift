import ChatloadKit

/// The secrets of a command line by what a shell calls them.
struct SecretNames {
    /// The longest values first, so that none hides within another.
    private var names: [(value: String, shell: String)] = []

    /// What the parameters and headers name by reference.
    init(_ settings: RunSettings, in surroundings: Surroundings) {
        let typed =
            settings.parameters.entries.map(\.value)
            + settings.headers.entries.flatMap { entry in
                // A scheme may precede the reference.
                [entry.value]
                    + entry.value.split(separator: " ", maxSplits: 1).dropFirst().map(String.init)
            }
        for text in typed {
            guard let value = try? SecretReference.resolve(text, in: surroundings) else { continue }
            names.append((value, Self.shell(text)))
        }
        names.sort { $0.value.utf8.count > $1.value.utf8.count }
    }

    /// A text as one word of a shell, the secrets in it by name; `mask` takes out all others.
    func shellWord(_ text: String, mask: (String) -> String) -> String {
        for (value, shell) in names {
            guard let range = text.firstRange(of: value) else { continue }
            let before = text[..<range.lowerBound]
            let after = text[range.upperBound...]
            return (before.isEmpty ? "" : shellWord(String(before), mask: mask)) + shell
                + (after.isEmpty ? "" : shellWord(String(after), mask: mask))
        }
        return ShellQuoting.quoted(mask(text))
    }

    private static func shell(_ reference: String) -> String {
        reference.hasPrefix("env:")
            ? "\"$\(reference.dropFirst(4))\""
            : "\"$(cat \(ShellQuoting.quoted(String(reference.dropFirst(5)))))\""
    }
}

/// Words as a POSIX shell reads them back (2.2.2): within single quotes everything is itself.
enum ShellQuoting {
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "/:._-,@%+".utf8.contains(byte)
        }
        if isPlain, !text.isEmpty { return text }
        return "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
