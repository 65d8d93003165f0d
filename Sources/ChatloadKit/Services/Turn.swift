package import Base
import Glibc
import Networking

/// One thing the simulated user says or calls.
package struct Turn: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Says this text and waits for the reply.
        case say(String)
        /// Calls one of the service's operations by name.
        case call(Operation)
    }

    package var action: Action
    /// Files to send along, as paths relative to the working directory.
    package var attachments: [String]
    /// The name under which the turn's exchange is reported instead of `say` or the operation's.
    package var name: String?
    /// How long the user takes before this turn; nil when the script does not say.
    package var think: ThinkTime?
    /// Parameters of this turn, over those of the conversation and the run.
    package var with: [String: String]
    /// What the service replied when the conversation was recorded.
    package var reply: String?
    /// When the turn was taken when the conversation was recorded, counted from the conversation's
    /// start.
    package var at: Nanoseconds?
    /// Whether a failure of this turn ends the conversation; nil leaves it to the conversation.
    package var stopsOnFailure: Bool?

    package init(
        _ action: Action, attachments: [String] = [], name: String? = nil,
        think: ThinkTime? = nil, with: [String: String] = [:]
    ) {
        self.action = action
        self.attachments = attachments
        self.name = name
        self.think = think
        self.with = with
    }
}

extension Turn {
    /// The name under which it is reported.
    var step: String {
        if let name { return name }
        return switch action {
        case .say: Operation.say.rawValue
        case .call(let operation): operation.rawValue
        }
    }
}

/// How long a user takes before a turn.
package enum ThinkTime: Sendable, Equatable {
    case fixed(Nanoseconds)
    case uniform(Nanoseconds, Nanoseconds)
    /// Median and the standard deviation of the logarithm.
    case logNormal(median: Nanoseconds, sigma: Double)
    /// Mean.
    case exponential(Nanoseconds)
    /// As long as it takes to read the reply before, at so many words a minute.
    case reading(wordsPerMinute: Double)
}

/// Everything the services can be asked to do: the closed set behind `call`, and the names of
/// steps in reports.
///
/// A service supports some of them. The case's position is its `StepID` in every `StepTable`.
package enum Operation: String, CaseIterable, Sendable {
    case say
    case poll
    case login
    case serviceInfo = "service.info"
    case botsList = "bots.list"
    case botsGet = "bots.get"
    case userGet = "user.get"
    case commandsList = "commands.list"
    case chatsCreate = "chats.create"
    case chatsList = "chats.list"
    case chatsDelete = "chats.delete"
    case messagesSend = "messages.send"
    case messagesList = "messages.list"
    case filesUpload = "files.upload"

    /// Whether carrying it out twice does no more than carrying it out once. A login is none of these
    /// because it makes a user.
    var isRepeatable: Bool {
        switch self {
        case .poll, .serviceInfo, .botsList, .botsGet, .userGet, .commandsList, .chatsList,
            .messagesList:
            true
        case .say, .login, .chatsCreate, .chatsDelete, .messagesSend, .filesUpload: false
        }
    }

    /// The case's position, which is the number of its step.
    var index: Int {
        switch self {
        case .say: 0
        case .poll: 1
        case .login: 2
        case .serviceInfo: 3
        case .botsList: 4
        case .botsGet: 5
        case .userGet: 6
        case .commandsList: 7
        case .chatsCreate: 8
        case .chatsList: 9
        case .chatsDelete: 10
        case .messagesSend: 11
        case .messagesList: 12
        case .filesUpload: 13
        }
    }
}

extension ServiceName {
    /// What is wrong with a turn for this service by its table alone: an operation it does not
    /// have, attachments where none can go.
    func objection(to turn: Turn) -> String? {
        if case .call(let operation) = turn.action, !callable.contains(operation) {
            let names = callable.map(\.rawValue)
            if names.isEmpty {
                return "\(rawValue) has no operation \(operation.rawValue); it has only say"
            }
            let advice =
                nearestName(to: operation.rawValue, among: names).map { "did you mean \($0)?" }
                ?? "it has \(names.joined(separator: ", "))"
            return "\(rawValue) cannot be called for \(operation.rawValue); \(advice)"
        }
        if !turn.attachments.isEmpty, !takesAttachments(turn.action) {
            return self == .botyard
                ? "only say, messages.send and files.upload take attachments; remove attach"
                : "\(rawValue) takes no attachments; remove attach"
        }
        return nil
    }

    private func takesAttachments(_ action: Turn.Action) -> Bool {
        switch action {
        case .say: self == .botyard
        case .call(let operation): operation == .messagesSend || operation == .filesUpload
        }
    }
}

extension ServiceSettings {
    /// What is wrong with the parameters a script sets, told by making the service they ask for.
    func objection<Service>(
        toParameters conversation: [String: String], _ turn: [String: String],
        make: ([String: String], [String: String]) throws(SettingComplaint) -> Service
    ) -> String? {
        if conversation.isEmpty && turn.isEmpty { return nil }
        do throws(SettingComplaint) {
            _ = try make(conversation, turn)
            return nil
        } catch {
            return error.description
        }
    }
}

/// A file that a script sends along.
enum Attachment {
    /// The most bytes of one file; the services' own limits are lower.
    static let limit = 64 * 1_024 * 1_024

    /// What is wrong with the file at `path`, in words; nil when it can be sent.
    static func objection(to path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return "cannot find the attachment \(path): \(String(cString: strerror(errno)))"
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return "attachment \(path) is no file" }
        guard access(path, R_OK) == 0 else {
            return "cannot read the attachment \(path): \(String(cString: strerror(errno)))"
        }
        guard Int(status.st_size) <= limit else {
            return "attachment \(path) is larger than \(limit) bytes"
        }
        return nil
    }

    /// The files as a form with one field, `file`, for each.
    ///
    /// - Throws: `script` when one of them cannot be read.
    static func form(of paths: [String]) throws(ExchangeFailure) -> MultipartForm {
        var files: [MultipartFile] = []
        for path in paths {
            files.append(MultipartFile(field: "file", path: path, content: try content(of: path)))
        }
        return MultipartForm(files)
    }

    private static func content(of path: String) throws(ExchangeFailure) -> [UInt8] {
        if let objection = objection(to: path) { throw ExchangeFailure(.script, objection) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path) }
        defer { close(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while content.count <= limit {
            let count = read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { break }
            content.append(contentsOf: chunk.prefix(count))
        }
        return content
    }

    private static func unreadable(_ path: String) -> ExchangeFailure {
        let reason = String(cString: strerror(errno))
        return ExchangeFailure(.script, "cannot read the attachment \(path): \(reason)")
    }
}
