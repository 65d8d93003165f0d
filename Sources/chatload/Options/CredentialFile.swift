import Base
import ChatloadKit
import Networking

/// The file of `--credentials`: one JSON object a line with the settings of one credential, over the
/// run's own. No error shows a value.
struct CredentialFile {
    let path: String
    let service: ServiceDescription
    let surroundings: ProcessEnvironment

    /// One line of it.
    typealias Entry = (label: String, parameters: [String: String])

    /// The credentials for the run's service; those of others are passed over.
    func entries() throws(Fault) -> [Entry] {
        let flag = Fault.Place.flag("--credentials")
        let bytes = try surroundings.text(in: path, namedAt: flag)
        var entries: [Entry] = []
        var labels: Set<String> = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated()
        where !line.allSatisfy({ $0.isBlank || $0 == UInt8(ascii: "\r") }) {
            if let entry = try entry(of: Array(line), at: index + 1, usual: entries.count + 1) {
                if !labels.insert(entry.label).inserted {
                    throw complaint("has the label of an earlier one", at: index + 1)
                }
                entries.append(entry)
            }
        }
        if entries.isEmpty {
            throw Fault(
                "there is no credential for \(service.name) in \(Printable.quoted(path))",
                at: flag,
                hint: #"write one a line: {"label":"a","token":"env:NAME"}"#)
        }
        return entries
    }

    private func entry(
        of line: [UInt8], at number: Int, usual place: Int
    ) throws(Fault) -> Entry? {
        var members = try members(of: line, at: number)
        let label = members.removeValue(forKey: "label") ?? "credential-\(place)"
        if label.isEmpty || label.utf8.count > 64 || label.utf8.contains(where: { $0 < 0x20 }) {
            throw complaint("has a label that is empty, too long or not printable", at: number)
        }
        if let name = members.removeValue(forKey: "service"), name != service.name {
            if Services.named(name) != nil { return nil }
            throw complaint(
                "has an unknown service", at: number,
                hint: "known: " + Services.names.joined(separator: ", "))
        }
        var parameters: [String: String] = [:]
        for (name, text) in members.sorted(by: { $0.key < $1.key }) {
            parameters[name] = try value(text, of: name, at: number)
        }
        let secrets = service.parameters.filter(\.isSecret).compactMap { parameters[$0.name] }
        if secrets.contains(where: { $0 == label || $0.utf8.count >= 4 && label.contains($0) }) {
            throw complaint(
                "has its secret in its label, which is shown everywhere", at: number,
                hint: "name it otherwise, or leave the label out")
        }
        return (label, parameters)
    }

    private func value(
        _ text: String, of name: String, at number: Int
    ) throws(Fault) -> String {
        // The names are in a file that may hold secrets, so an unknown one is not repeated.
        guard let parameter = service.parameters.first(where: { $0.name == name }) else {
            throw complaint(
                "has a member that is no parameter of \(service.name)", at: number,
                hint: "it has label, service, "
                    + service.parameters.map(\.name).joined(separator: ", "))
        }
        let resolved = try Fault.changing {
            complaint("\(name): \($0.message)", at: number, hint: $0.hint)
        } in: { () throws(Fault) in
            try surroundings.resolve(text)
        }
        if let resolved { return resolved }
        if parameter.isSecret, !surroundings.isPrivate(path) {
            throw complaint(
                "holds the secret \(name), and others may read the file", at: number,
                hint: "take their rights away (chmod 600), or write env:NAME or file:PATH")
        }
        return text
    }

    private func members(
        of line: [UInt8], at number: Int
    ) throws(Fault) -> [String: String] {
        let kind = complaint("is no JSON object of texts and numbers", at: number)
        var scanner = JSONScanner()
        func next() throws(Fault) -> JSONToken {
            do { return try scanner.next(in: line.span) } catch { throw kind }
        }
        var members: [String: String] = [:]
        var isRepeated = false
        guard case .beginObject = try next() else { throw kind }
        while case .key(let key) = try next() {
            let name = key.string(in: line.span)
            isRepeated = isRepeated || members[name] != nil
            switch try next() {
            case .string(let text): members[name] = text.string(in: line.span)
            case .number(let range): members[name] = JSONNumber.text(range, in: line.span)
            default: throw kind
            }
        }
        guard case .end = try next() else { throw kind }
        if isRepeated {
            throw complaint("has a member twice", at: number, hint: "leave one of them out")
        }
        return members
    }

    private func complaint(_ message: String, at number: Int, hint: String? = nil) -> Fault {
        Fault(
            "the credential \(message)", at: .file(path, line: number, column: nil), hint: hint)
    }
}
