import Base
import Networking

/// What a service answers, before it is put on the wire. One is reused for all requests of a
/// server, so that answering does not allocate.
struct Response {
    /// Media types the services use.
    enum ContentType {
        case json, jsonUTF8, html, plain, none
        case other(String)
    }

    var status = 200
    var contentType = ContentType.json
    /// Further header lines, complete with CR LF.
    var headers = ByteBuffer()
    var body = ByteBuffer()
    /// How long after the request's arrival the answer leaves.
    var delay = Nanoseconds.zero
    /// Whether the connection ends with this answer.
    var closes = false
    /// Whether the headers say that the body is coded.
    private(set) var isEncoded = false

    /// Ready for the next request, memory kept.
    mutating func clear() {
        status = 200
        contentType = .json
        headers.clear()
        body.clear()
        delay = .zero
        closes = false
        isEncoded = false
    }

    /// Adds a header line. `value` must not come from a client unless it is known to hold no CR or
    /// LF, which nothing that passed `RequestParser` does.
    mutating func addHeader(_ name: StaticString, _ value: String) {
        headers.append(fixed: name)
        headers.append(": ")
        headers.append(value)
        headers.append("\r\n")
    }

    /// Compresses the body. It stays as it is where this machine has no zlib.
    mutating func encode(as coding: ContentCoding) {
        guard let packed = Packing.pack(body.bytes.span, as: coding) else { return }
        body.clear()
        body.append(packed)
        declareCoding(coding == .gzip ? "gzip" : "deflate")
    }

    /// Says that the body is coded, whether it is or not.
    mutating func declareCoding(_ name: String) {
        isEncoded = true
        addHeader("Content-Encoding", name)
    }
}

extension ByteBuffer {
    /// Appends a text that is known at compile time, without making a String.
    mutating func append(fixed text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount).span)
    }
}

/// Puts responses on the wire as HTTP/1.1.
struct ResponseWriter {
    private var dateSecond: Int64 = .min
    private var dateLine = ByteBuffer()

    /// Appends the complete response to `output`.
    ///
    /// - Parameters:
    ///   - isHead: whether the body is announced but not sent, as for HEAD.
    ///   - persistence: the line that tells whether the connection stays open; empty where that
    ///     goes without saying.
    ///   - time: the time since 1970, for `Date`.
    mutating func write(
        _ response: borrowing Response, isHead: Bool, persistence: StaticString,
        at time: Nanoseconds, to output: inout ByteBuffer
    ) {
        let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
        output.append(fixed: "HTTP/1.1 ")
        output.append(decimal: response.status)
        output.append(byte: 0x20)
        output.append(fixed: Self.reason(response.status))
        output.append(fixed: "\r\n")
        updateDate(time)
        output.append(dateLine)
        appendContentType(response.contentType, to: &output)
        output.append(response.headers)
        if hasBody {
            output.append(fixed: "Content-Length: ")
            output.append(decimal: response.body.count)
            output.append(fixed: "\r\n")
        }
        output.append(fixed: persistence)
        output.append(fixed: "\r\n")
        if hasBody && !isHead { output.append(response.body) }
    }

    private func appendContentType(_ type: Response.ContentType, to output: inout ByteBuffer) {
        switch type {
        case .json: output.append(fixed: "Content-Type: application/json\r\n")
        case .jsonUTF8: output.append(fixed: "Content-Type: application/json; charset=utf-8\r\n")
        case .html: output.append(fixed: "Content-Type: text/html; charset=utf-8\r\n")
        case .plain: output.append(fixed: "Content-Type: text/plain; charset=utf-8\r\n")
        case .none: break
        case .other(let name):
            output.append(fixed: "Content-Type: ")
            output.append(name)
            output.append(fixed: "\r\n")
        }
    }

    /// Written once a second and not once a response.
    private mutating func updateDate(_ time: Nanoseconds) {
        let second = time.count / 1_000_000_000
        guard second != dateSecond else { return }
        dateSecond = second
        dateLine.clear()
        dateLine.append(fixed: "Date: ")
        dateLine.append(HTTPDate.text(second: second))
        dateLine.append(fixed: "\r\n")
    }

    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 307: "Temporary Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}

/// Dates as headers and cookies write them.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The IMF-fixdate (RFC 9110 §5.6.7) of a second since 1970; seconds beyond the year 9999 or
    /// before 1970 give the nearest that can be written.
    static func text(second: Int64) -> String {
        let second = min(max(second, 0), 253_402_300_799)
        let day = Int(second / 86_400)
        let rest = Int(second % 86_400)
        let date = civil(day: day)
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
        return "\(days[day % 7]), \(twoDigits(date.day)) \(months[date.month - 1]) "
            + "\(fourDigits(date.year)) \(time) GMT"
    }

    /// The date as JavaScript prints it by default on a machine in UTC; bounds as for `text`.
    static func javaScript(second: Int64) -> String {
        let parts = text(second: second).split(separator: " ")
        guard parts.count == 6 else { return "Invalid Date" }
        return "\(parts[0].dropLast()) \(parts[2]) \(parts[1]) \(parts[3]) \(parts[4]) GMT+0000 "
            + "(Coordinated Universal Time)"
    }

    /// The Gregorian date of a day since 1970 (Hinnant, "chrono-compatible low-level date
    /// algorithms", `civil_from_days`), for days from 1970 on.
    private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    private static func fourDigits(_ value: Int) -> String {
        twoDigits(value / 100) + twoDigits(value % 100)
    }
}
