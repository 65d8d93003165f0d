import Networking

extension BotyardService {
    /// Keeps the parts called `file`, all or none of them.
    mutating func upload(
        _ request: borrowing Request, into response: inout Response
    ) throws(BotyardError) {
        guard let type = request.text(request.fields.contentType),
            let boundary = MultipartReader.boundary(ofContentType: type)
        else { throw BotyardError(400, "request has no multipart/form-data Content-Type") }
        let body = request.bodyBytes.span.extracting(request.body)
        guard let parts = MultipartReader.parts(of: body, boundary: boundary) else {
            throw BotyardError(400, "multipart: NextPart: EOF")
        }
        let uploads = parts.filter { $0.name == "file" && $0.fileName != nil }
        if uploads.isEmpty { throw BotyardError(400, "No files found to upload.") }
        if uploads.count > BotyardLimits.attachments {
            throw BotyardError(400, "Too many files, max allowed amount is 10.")
        }
        for part in uploads {
            try BotyardFiles.checkSize(part.content.count, mimeType: part.contentType ?? "")
        }
        var files: [BotyardFile] = []
        for part in uploads {
            let id = store.makeID()
            let pathID = store.makeID()
            files.append(
                store.files.add(
                    name: part.fileName ?? "",
                    mimeType: part.contentType ?? "application/octet-stream",
                    content: body.extracting(part.content).array, id: id, pathID: pathID))
        }
        response.body.appendList(files) { $0.append($1) }
    }

    /// An uploaded file. The path is looked up among those given out and never near a file system.
    func serveFile(_ path: String, into response: inout Response) throws(BotyardError) {
        guard let (file, mimeType) = store.files.file(path: path) else {
            return serveWebClient(into: &response)
        }
        response.contentType = .other(mimeType)
        response.body.append(file.content)
    }

    /// The page that the program serves for every path it does not know.
    func serveWebClient(into response: inout Response) {
        response.contentType = .html
        response.body.append(
            fixed: """
                <!doctype html><html lang="en"><head><title>Botyard (chatload sandbox)</title></head>\
                <body><p>This is the chatload sandbox. It has no web client.</p></body></html>
                """)
    }
}
