package import Base

/// Reading a file that describes a service: bytes in, a checked description or complaints out.
///
/// It is as strict as the reading of scripts, and for the same reason. Whatever is wrong is told at
/// once: each complaint has its line and column, and where in the description it is.
struct ServiceFileReader {
    /// The longest description, in bytes.
    static let largest = 1 << 20
    /// The longest name of a service, a request, a parameter or a capture.
    static let longestName = 64
    /// Complaints that are kept at most until they are put in order.
    private static let mostCollected = 2_000
    /// Unknown keys that are told among them at most: a file that is quite another one has nothing
    /// but such.
    private static let mostUnknown = 1_000

    /// A value of the file, and where in the description it is: `requests.say.reply`.
    struct Item {
        var node: JSONNode
        var place: String

        /// A member or an element of it.
        func part(_ name: String, _ node: JSONNode) -> Item {
            Item(node: node, place: place.isEmpty ? name : place + "." + name)
        }
    }

    /// What is wrong or unwise, where in the description, and at which offset of the file.
    private struct Remark {
        var fault: Fault
        var place: String
        var offset: Int
    }

    /// The file as it was named.
    let path: String
    let bytes: [UInt8]
    var file: ServiceFile
    /// When the requests are sent.
    var order = RequestOrder()
    private var complaints: [Remark] = []
    private var warnings: [Remark] = []
    private(set) var complaintCount = 0

    private init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
        file = ServiceFile(name: "")
        file.source = bytes
    }

    /// What a description says, and what is wrong with it.
    static func review(_ bytes: [UInt8], path: String) -> ServiceFileReview {
        var reader = ServiceFileReader(bytes, path: path)
        reader.read()
        return reader.review
    }

    private var review: ServiceFileReview {
        var review = ServiceFileReview()
        review.file = complaintCount == 0 ? file : nil
        review.complaints = first(complaints)
        review.complaintCount = complaintCount
        review.warnings = first(warnings)
        return review
    }

    /// The first remarks in the order of the file, whatever order they were found in, with their lines
    /// and columns.
    private func first(_ remarks: [Remark]) -> [Fault] {
        remarks.enumerated()
            .sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
            .prefix(Fault.mostAtOnce)
            .map { $0.element.fault.at(spot($0.element.offset, $0.element.place)) }
    }

    private mutating func read() {
        if bytes.count > Self.largest {
            return complain(
                Fault("a description has at most 1 MB, and this has \(bytes.count) bytes"), "", 0)
        }
        do throws(JSONError) {
            let item = Item(node: try JSONNode(document: bytes), place: "")
            guard case .object = item.node.value else {
                return complain(
                    Fault(
                        "a description must be an object, not \(item.node.kind)",
                        hint: "chatload service show openai prints one to start from"), "", 0)
            }
            readDescription(item)
        } catch {
            complain(Fault("this is not valid JSON: \(error.reason)"), "", error.offset)
        }
    }
}

/// What reading a description brought to light.
package struct ServiceFileReview: Sendable {
    /// What a file says, called `path` in complaints.
    package static func of(_ bytes: [UInt8], path: String) -> ServiceFileReview {
        ServiceFileReader.review(bytes, path: path)
    }

    /// The description; nil where there are complaints.
    var file: ServiceFile?
    /// The first complaints, in the order of the file.
    package var complaints: [Fault] = []
    /// How many there are in all.
    package var complaintCount = 0
    /// What may be meant, and is seldom good.
    package var warnings: [Fault] = []

    /// Why the service cannot be played yet, though nothing is wrong with its description; nil if it
    /// can.
    package var unplayed: String? { file?.unplayed }

    /// The service that is described.
    ///
    /// - Throws: the first complaint, with the others.
    package func service() throws(Fault) -> ServiceDescription {
        ServiceDescription(try checked())
    }

    /// The description.
    ///
    /// - Throws: the first complaint, with the others.
    func checked() throws(Fault) -> ServiceFile {
        if let file { return file }
        guard var first = complaints.first else { throw Fault("the description is empty") }
        first.others = Array(complaints.dropFirst())
        if complaintCount > complaints.count {
            first.others.append(
                Fault("\(complaintCount - complaints.count) more complaints of this file"))
        }
        throw first
    }
}

/// Complaints, and the values that everything is made of.
extension ServiceFileReader {
    /// Notes what is wrong at an offset of the file.
    mutating func complain(_ fault: Fault, _ place: String, _ offset: Int) {
        complaintCount += 1
        guard complaints.count < Self.mostCollected else { return }
        complaints.append(Remark(fault: fault, place: place, offset: offset))
    }

    /// Notes what is wrong with a value.
    mutating func complain(_ message: String, at item: Item, hint: String? = nil) {
        complain(Fault(message, hint: hint), item.place, item.node.range.lowerBound)
    }

    /// Notes what is unwise about a value.
    mutating func warn(_ message: String, at item: Item, hint: String? = nil) {
        guard warnings.count < Self.mostCollected else { return }
        warnings.append(
            Remark(
                fault: Fault(message, hint: hint), place: item.place,
                offset: item.node.range.lowerBound))
    }

    /// An offset of the file as a place with line and column.
    private func spot(_ offset: Int, _ place: String) -> Fault.Place {
        let before = bytes.prefix(max(offset, 0))
        let start = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1
        return place.isEmpty
            ? .file(path, line: line, column: column)
            : .config(path: path, line: line, column: column, key: place)
    }

    /// The members of an object by their keys; those that are unknown or repeated are complained about.
    /// Nil where it is no object.
    mutating func fields<Key: ObjectKey & Hashable>(_ item: Item, _: Key.Type) -> [Key: Item]? {
        guard let members = members(item) else { return nil }
        var fields: [Key: Item] = [:]
        for member in members {
            if let key = Key(rawValue: member.name) {
                fields[key] = item.part(member.name, member.node)
            } else if complaints.count >= Self.mostUnknown {
                complaintCount += 1
            } else {
                let offset = member.text.range.lowerBound - 1
                complain(Key.fault(for: member.name, at: offset), item.place, offset)
            }
        }
        return fields
    }

    /// The members of an object, each name once. Nil where it is no object.
    mutating func members(_ item: Item) -> [JSONNode.Member]? {
        guard case .object(let members) = item.node.value else {
            wrong(item, "an object")
            return nil
        }
        var seen = Set<String>()
        return members.filter { member in
            if seen.insert(member.name).inserted { return true }
            complain(
                Fault("the key \"\(member.name.shortened)\" is there twice"), item.place,
                member.text.range.lowerBound - 1)
            return false
        }
    }

    /// The elements of an array that must not be empty; nil where it is none.
    mutating func elements(_ item: Item, _ expected: String) -> [Item]? {
        guard case .array(let elements) = item.node.value else {
            wrong(item, expected)
            return nil
        }
        if elements.isEmpty { complain("must not be empty", at: item) }
        return elements.enumerated().map { item.part("\($0)", $1) }
    }

    /// Says of which type a value has to be.
    mutating func wrong(_ item: Item, _ expected: String, hint: String? = nil) {
        complain("must be \(expected), not \(item.node.kind)", at: item, hint: hint)
    }

    /// A string.
    mutating func string(_ item: Item) -> String? {
        if case .string(let text, _) = item.node.value { return text }
        wrong(item, "a string")
        return nil
    }

    /// A string that says something.
    mutating func filled(_ item: Item) -> String? {
        guard let text = string(item) else { return nil }
        if !text.isEmpty { return text }
        complain("must not be empty", at: item)
        return nil
    }

    /// A truth value.
    mutating func bool(_ item: Item) -> Bool? {
        if case .bool(let flag) = item.node.value { return flag }
        wrong(item, "true or false")
        return nil
    }

    /// A whole number within a range.
    mutating func integer(_ item: Item, _ range: ClosedRange<Int>) -> Int? {
        if case .number(let text) = item.node.value, let number = Int(text), range.contains(number)
        {
            return number
        }
        let bounds =
            range.upperBound == .max
            ? "from \(range.lowerBound) on" : "from \(range.lowerBound) to \(range.upperBound)"
        complain("must be a whole number \(bounds)", at: item)
        return nil
    }

    /// A span of time that is longer than nothing: a duration, or a number of seconds.
    mutating func span(_ item: Item) -> Nanoseconds? {
        let text: String? =
            switch item.node.value {
            case .string(let text, _), .number(let text): text
            default: nil
            }
        if let span = text.flatMap(Units.parseDuration), span > .zero { return span }
        complain(
            "must be a time longer than nothing", at: item, hint: #"write "300ms", "1s" or 1.5"#)
        return nil
    }

    /// One of a few words.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ item: Item, _: Word.Type = Word.self
    ) -> Word? {
        guard let text = string(item) else { return nil }
        if let word = Word(rawValue: text) { return word }
        let words = Word.allCases.map(\.rawValue)
        complain(
            "\"\(text.shortened)\" is not known", at: item,
            hint: nearestName(to: text.shortened, among: words).map { "did you mean \"\($0)\"?" }
                ?? "write \(listed(words.map { "\"\($0)\"" }, "or"))")
        return nil
    }

    /// Whether a text can be the name of a service or a request.
    static func isName(_ text: String) -> Bool {
        (1...longestName).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0.isDigit
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// A name of a service or a request, and so of a step: it becomes a cell of reports.
    mutating func checkName(_ name: String, of what: String, _ place: String, at offset: Int) {
        if Self.isName(name) { return }
        complain(
            Fault(
                "\"\(name.shortened)\" is no name of \(what)",
                hint: "a name has letters from a to z, digits and hyphens, at most"
                    + " \(Self.longestName)"), place, offset)
    }

    /// A name of a parameter or a capture, and so of a variable.
    mutating func isVariable(_ member: JSONNode.Member, _ what: String, _ place: String) -> Bool {
        let (name, offset) = (member.name, member.text.range.lowerBound - 1)
        let isName = name.utf8.allSatisfy {
            $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
        guard isName, let first = name.utf8.first, !first.isDigit,
            name.utf8.count <= Self.longestName
        else {
            complain(
                Fault(
                    "\"\(name.shortened)\" is no name of \(what)",
                    hint: "a name has letters, digits, _ and -, at most \(Self.longestName), and"
                        + " begins with none of the digits"), place, offset)
            return false
        }
        return true
    }
}

/// Order of a described service's requests: when each is sent, and so which values that replies give
/// are there by then.
struct RequestOrder {
    /// The names of the requests, in the order of the file.
    var names: [String] = []
    /// By capture, in the order in which their names first stand in the file: the requests whose
    /// replies give it.
    var capturers: [[Int]] = []
    /// The requests of a turn.
    var say: [Int] = []
    /// The requests before the first turn.
    var session: [(request: Int, isPerUser: Bool)] = []
    /// The requests that a script may call.
    var calls: [Int] = []
    /// The request that renews what others have given.
    var renewal: Int?
    /// Whether what is said goes over a socket.
    var isSocket = false

    /// Whether a request is sent at all.
    func isSent(_ request: Int) -> Bool {
        say.contains(request) || calls.contains(request) || renewal == request
            || session.contains { $0.request == request }
    }

    /// Whether a request is sent in turns, and never else.
    func isOfTurns(_ request: Int) -> Bool {
        (say.contains(request) || calls.contains(request)) && renewal != request
            && !session.contains { $0.request == request }
    }

    /// Whether a request only says something: then there is a text.
    func isOfSaying(_ request: Int) -> Bool {
        isOfTurns(request) && say.contains(request) && !calls.contains(request)
    }

    /// Why what a reply gives has no value when a request is sent, or may never have one; nil when it
    /// has. Without a request, it is one that every other is sent with.
    ///
    /// - Parameter isNeeded: whether it must have one each time.
    func objection(toCapture capture: Int, in request: Int?, isNeeded: Bool) -> String? {
        let givers = capturers[capture]
        guard let first = givers.first else { return nil }
        let giver = "captured by \"\(names[first])\""
        if !givers.contains(where: isSent), !isSocket {
            return "\(giver), which is not in \"session\""
        }
        guard isNeeded, let request else { return nil }
        if let place = session.firstIndex(where: { $0.request == request }) {
            let before = session.prefix(place).filter { $0.isPerUser || !session[place].isPerUser }
            if before.contains(where: { givers.contains($0.request) }) { return nil }
            return giver + (givers == [request] ? " itself" : ", which comes later")
        }
        if session.contains(where: { givers.contains($0.request) }) { return nil }
        guard let place = say.firstIndex(of: request) else {
            return isSent(request) ? "\(giver), which is not in \"session\"" : nil
        }
        if say.prefix(place).contains(where: givers.contains) {
            // A script may also call it by itself.
            return calls.contains(request) ? "\(giver), which a call does not send first" : nil
        }
        if givers == [request] { return "\(giver) itself" }
        return say.contains(where: givers.contains)
            ? "\(giver), which comes later" : "\(giver), which is not in \"session\""
    }
}
