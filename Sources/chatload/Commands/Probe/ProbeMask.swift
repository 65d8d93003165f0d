import ChatloadKit
import Networking

/// Takes out of what a probe shows what nobody may see: the run's secrets, and the cookies that the
/// service has set since, which let anybody in who has them.
struct ProbeMask {
    /// Values shorter than this are looked for in cookies only: elsewhere they would be found where
    /// they are not.
    private static let fewestCharacters = 8

    private var secrets: Secrets
    /// The names of the cookies that the service has set.
    private(set) var cookies: Set<String> = []

    init(_ secrets: Secrets) { self.secrets = secrets }

    /// Learns the cookies that a response sets.
    mutating func learn(from head: [UInt8]) {
        var values: [String] = []
        HeaderFields.forEachSetCookie(in: head.span) { field in
            let text = field.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            let pair = text.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { return }
            cookies.insert(String(pair[..<equals]))
            let value = pair[pair.index(after: equals)...].drop { $0 == " " }
            values.append(value.filter { $0 != "\"" })
        }
        let long = values.filter { $0.count >= Self.fewestCharacters }
        secrets = secrets.adding(long.filter { !secrets.values.contains($0) })
    }

    /// Bytes without the secrets; where they were cut off, also without the beginning of one.
    func masked(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        secrets.mask(bytes, isCut: isCut)
    }

    /// A text without the secrets.
    func masked(_ text: String) -> String {
        String(decoding: secrets.mask(Array(text.utf8)), as: UTF8.self)
    }

    /// The lines of a head without secrets and cookies, the empty one at its end left out.
    func lines(ofHead head: [UInt8]) -> [String] {
        let text = String(decoding: masked(head), as: UTF8.self)
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { Self.withoutCookies(String($0)) }
    }

    private static func withoutCookies(_ line: String) -> String {
        guard let colon = line.firstIndex(of: ":") else { return line }
        let start = line.index(after: colon)
        switch line[..<colon].lowercased() {
        case "set-cookie":
            let end = line[start...].firstIndex(of: ";") ?? line.endIndex
            return line[..<start] + withoutValue(line[start..<end]) + line[end...]
        case "cookie":
            let pairs = line[start...].split(separator: ";", omittingEmptySubsequences: false)
            return line[..<start] + pairs.map(withoutValue).joined(separator: ";")
        default: return withoutCredential(line, from: colon)
        }
    }

    /// Without a value that the field's name tells to be a credential; a scheme before one that was
    /// taken out stays.
    private static func withoutCredential(_ line: String, from colon: String.Index) -> String {
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        guard SecretHeaderName.isOne(String(line[..<colon])), !value.isEmpty,
            value != Secrets.mark[...], !value.hasSuffix(" " + Secrets.mark)
        else { return line }
        return line[...colon] + " " + Secrets.mark
    }

    private static func withoutValue(_ pair: Substring) -> String {
        guard let equals = pair.firstIndex(of: "=") else { return String(pair) }
        return pair[...equals] + Secrets.mark
    }
}

/// The secrets of a command line by what a shell calls them.
struct SecretNames {
    /// The longest values first, so that none hides within another.
    private var names: [(value: String, shell: String)] = []

    /// What the parameters and headers name by reference.
    init(_ settings: RunSettings, in surroundings: ProcessEnvironment) {
        let typed =
            settings.service.parameters.entries.map(\.value)
            + settings.service.headers.entries.flatMap { entry in
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
