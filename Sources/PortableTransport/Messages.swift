import Foundation
import FoundationNetworking

extension URLRequest {
    /// Fields that URLSession writes by itself, from the URL and the body.
    private static let own: Set<String> = ["content-length", "transfer-encoding"]

    /// Reads a whole request of HTTP/1.1.
    init?(parsing bytes: UnsafeBufferPointer<UInt8>, to origin: String) {
        let mark: [UInt8] = [13, 10, 13, 10]
        guard let end = Data(bytes).range(of: Data(mark)) else { return nil }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let start = lines[0].split(separator: " ")
        guard start.count == 3, let url = URL(string: origin + start[1]) else { return nil }
        self.init(url: url)
        httpMethod = String(start[0])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = String(line[..<colon])
            if Self.own.contains(name.lowercased()) { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            addValue(String(value), forHTTPHeaderField: name)
        }
        if end.upperBound < bytes.count { httpBody = Data(bytes[end.upperBound...]) }
    }
}

extension HTTPURLResponse {
    /// Fields that were true of the bytes on the wire, which the body's are not any more.
    private static let framing: Set<String> = ["content-length", "transfer-encoding", "connection"]

    /// The response as bytes of HTTP/1.1, its body of a known length. Of the fields' order nothing
    /// is known, and those of one name stand in one line, except for cookies.
    func message(body: Data) -> [UInt8] {
        var head = "HTTP/1.1 \(statusCode) \r\n"
        for (name, value) in allHeaderFields {
            guard let name = name as? String, let value = value as? String,
                !Self.framing.contains(name.lowercased())
            else { continue }
            let isCookie = name.lowercased() == "set-cookie"
            for value in isCookie ? CookieLines.split(value) : [value] {
                head += "\(name): \(value)\r\n"
            }
        }
        if statusCode >= 200, statusCode != 204, statusCode != 304 {
            head += "Content-Length: \(body.count)\r\n"
        }
        return Array((head + "\r\n").utf8) + body
    }
}

/// Several `Set-Cookie` lines that Foundation has joined with commas, which dates have too.
enum CookieLines {
    /// The lines: one begins after a comma where a name and `=` follow.
    static func split(_ joined: String) -> [String] {
        var lines: [String] = []
        for piece in joined.split(separator: ", ", omittingEmptySubsequences: false) {
            if beginsCookie(piece) || lines.isEmpty {
                lines.append(String(piece))
            } else {
                lines[lines.count - 1] += ", " + piece
            }
        }
        return lines
    }

    private static func beginsCookie(_ text: Substring) -> Bool {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return false }
        return text[..<equals].utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != 0x3B && $0 != 0x22
        }
    }
}
