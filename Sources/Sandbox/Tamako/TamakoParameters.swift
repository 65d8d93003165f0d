import Base
import Networking

/// The query's nine parameters, decoded. Of a parameter given twice the first counts, and one that
/// is empty counts as not given.
struct TamakoParameters {
    var provision = ByteBuffer()
    var service = ByteBuffer()
    var secret = ByteBuffer()
    var message = ByteBuffer()
    var user = ByteBuffer()
    var name = ByteBuffer()
    var gender = ByteBuffer()

    /// Whether one of the five required ones is missing.
    var isIncomplete: Bool {
        provision.isEmpty || service.isEmpty || secret.isEmpty || message.isEmpty || user.isEmpty
    }

    /// Takes over a request's values and the defaults for what is not there. `dev` and `prefix`
    /// have no effect that a client could see.
    mutating func read(_ request: borrowing Request) {
        clear()
        let bytes = request.bytes.span
        QueryString.forEach(in: bytes, request.query) { label, value in
            switch label.count {
            case 4 where bytes.equals("user", label): Self.set(&user, bytes, value)
            case 4 where bytes.equals("name", label): Self.set(&name, bytes, value)
            case 5 where bytes.equals("prvid", label): Self.set(&provision, bytes, value)
            case 5 where bytes.equals("svcid", label): Self.set(&service, bytes, value)
            case 6 where bytes.equals("gender", label): Self.set(&gender, bytes, value)
            case 7 where bytes.equals("message", label): Self.set(&message, bytes, value)
            case 9 where bytes.equals("svcsecret", label): Self.set(&secret, bytes, value)
            default: break
            }
        }
        if name.isEmpty { name.append(fixed: "Tamako") }
        if gender.isEmpty { gender.append(fixed: "female") }
    }

    private static func set(
        _ parameter: inout ByteBuffer, _ bytes: Span<UInt8>, _ value: Range<Int>
    ) {
        guard parameter.isEmpty else { return }
        QueryString.decode(bytes, value, to: &parameter)
    }

    private mutating func clear() {
        provision.clear()
        service.clear()
        secret.clear()
        message.clear()
        user.clear()
        name.clear()
        gender.clear()
    }
}

extension Response {
    /// The page that Express answers with when no route does: 404 `Cannot GET /path`, or 500, as from a
    /// handler that threw in production.
    mutating func setExpressPage(_ text: String, status: Int) {
        self.status = status
        contentType = Response.html
        headers.append(fixed: "Content-Security-Policy: default-src 'none'\r\n")
        headers.append(fixed: "X-Content-Type-Options: nosniff\r\n")
        body.append(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Error</title>
            </head>
            <body>
            <pre>\(Self.escaped(text))</pre>
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
