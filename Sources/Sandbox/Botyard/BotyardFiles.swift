import Networking

/// A file as a client uploaded it.
struct BotyardFile {
    var id: ULID
    /// `static/<category>/<id><extension>`: made here, nothing of it is the client's choice.
    var path: String
    /// The client's name for it, without folders.
    var name: String
    var mimeType: String
    var content: [UInt8]
}

/// Uploaded files, in memory. Beyond 256 MB together the oldest are forgotten.
struct BotyardFiles {
    /// The folder of a kind of files, and the most bytes of one of them.
    enum Category: String {
        case images, videos, audios, files

        var limit: Int {
            switch self {
            case .images: 2 << 20
            case .audios: 5 << 20
            case .videos: 25 << 20
            case .files: 10 << 20
            }
        }
    }

    private static let kinds: [(mimeType: String, category: Category, fileExtension: String)] = [
        ("image/png", .images, ".png"),
        ("image/jpeg", .images, ".jpeg"),
        ("image/gif", .images, ".gif"),
        ("image/svg+xml", .images, ".svg"),
        ("image/webp", .images, ".webp"),
        ("video/mp4", .videos, ".mp4"),
        ("video/webm", .videos, ".webm"),
        ("video/ogg", .videos, ".ogv"),
        ("video/quicktime", .videos, ".mov"),
        ("video/x-flv", .videos, ".flv"),
        ("audio/mpeg", .audios, ".mp3"),
        ("audio/ogg", .audios, ".oga"),
        ("audio/wav", .audios, ".wav"),
        ("audio/aac", .audios, ".aac"),
        ("text/plain", .files, ".txt"),
        ("text/csv", .files, ".csv"),
        ("application/json", .files, ".json"),
        ("application/pdf", .files, ".pdf"),
        ("application/zip", .files, ".zip"),
    ]

    private let budget: Int
    private var files: [ULID: BotyardFile] = [:]
    private var idsByPath: [String: ULID] = [:]
    private var order: [ULID] = []
    private var bytes = 0

    init(budget: Int = 256 << 20) { self.budget = budget }

    /// The file with this id.
    func file(_ id: ULID) -> BotyardFile? { files[id] }

    /// The file that was given this path, and the media type its extension stands for.
    func file(path: String) -> (file: BotyardFile, mimeType: String)? {
        guard let file = idsByPath[path].flatMap({ files[$0] }) else { return nil }
        let kind = Self.kinds.first { path.hasSuffix($0.fileExtension) }
        return (file, kind?.mimeType ?? "application/octet-stream")
    }

    /// - Throws: when the file is larger than its category allows.
    static func checkSize(_ size: Int, mimeType: String) throws(BotyardError) {
        let category = kind(of: mimeType)?.category ?? .files
        if size > category.limit {
            throw BotyardError(
                400,
                "Max allowed size for \(category.rawValue) are \(category.limit) bytes, but got "
                    + "\(size).")
        }
    }

    /// Keeps a file.
    mutating func add(
        name: String, mimeType: String, content: [UInt8], id: ULID, pathID: ULID
    ) -> BotyardFile {
        let kind = Self.kind(of: mimeType)
        let category = kind?.category ?? .files
        let path = "static/\(category.rawValue)/\(pathID.text)\(kind?.fileExtension ?? "")"
        let file = BotyardFile(
            id: id, path: path, name: name, mimeType: mimeType, content: content)
        files[id] = file
        idsByPath[path] = id
        order.append(id)
        bytes += Self.cost(file)
        while bytes > budget, order.count > 1 { forgetOldest() }
        return file
    }

    private mutating func forgetOldest() {
        guard let file = files.removeValue(forKey: order.removeFirst()) else { return }
        idsByPath[file.path] = nil
        bytes -= Self.cost(file)
    }

    private static func cost(_ file: BotyardFile) -> Int {
        512 + file.content.count + file.name.utf8.count + file.mimeType.utf8.count
    }

    private static func kind(
        of mimeType: String
    ) -> (mimeType: String, category: Category, fileExtension: String)? {
        let essence = mimeType.prefix { $0 != ";" && $0 != " " }.lowercased()
        return kinds.first { $0.mimeType == essence }
    }
}
