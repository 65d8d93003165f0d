import Base

@testable import Networking

/// What a request may be in size unless a test says otherwise.
let requestLimits = HTTPLimits(head: 32_768, body: 26_214_400)

/// The requests in `bytes`, and how the parser ended.
func parse(
    _ bytes: [UInt8], in pieces: [Range<Int>]? = nil,
    limits: HTTPLimits = requestLimits
) -> (requests: [Request], refusal: RequestParser.Refusal?, continues: Int) {
    var parser = RequestParser(limits: limits)
    var requests: [Request] = []
    var continues = 0
    for piece in pieces ?? [0..<bytes.count] {
        parser.input.append(contentsOf: bytes[piece])
        while true {
            let outcome = parser.next()
            switch outcome {
            case .request(let request):
                requests.append(request)
                continue
            case .refused(let refusal): return (requests, refusal, continues)
            case .expectsContinue:
                continues += 1
                continue
            case .incomplete: break
            }
            parser.compact()
            break
        }
    }
    return (requests, nil, continues)
}

extension Request {
    /// The request in words, for comparisons.
    var summary: String {
        let fields = [fields.contentType, fields.authorization, fields.cookie, fields.origin]
            .map { text($0) ?? "-" }.joined(separator: "|")
        let body = String(decoding: bodyBytes[body], as: UTF8.self)
        return "\(text(methodText)) \(text(path)) ?\(text(query)) \(fields) "
            + "\(self.fields.keepsAlive ? "keeps" : "closes") \(body)"
    }
}
