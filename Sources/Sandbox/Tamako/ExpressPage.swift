import Networking

/// The pages that Express answers with when no route does.
enum ExpressPage {
    /// 404 `Cannot GET /path`.
    static func cannot(_ request: borrowing Request, into response: inout Response) {
        let method = request.text(request.methodText)
        page("Cannot \(method) \(request.text(request.path))", status: 404, into: &response)
    }

    /// 500, as from a handler that threw in production.
    static func failure(into response: inout Response) {
        page("Internal Server Error", status: 500, into: &response)
    }

    private static func page(_ text: String, status: Int, into response: inout Response) {
        response.status = status
        response.contentType = .html
        response.headers.append(fixed: "Content-Security-Policy: default-src 'none'\r\n")
        response.headers.append(fixed: "X-Content-Type-Options: nosniff\r\n")
        response.body.append(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Error</title>
            </head>
            <body>
            <pre>\(escaped(text))</pre>
            </body>
            </html>

            """)
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }
}
