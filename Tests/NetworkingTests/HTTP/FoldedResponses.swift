@testable import Base
@testable import Networking

/// Header fields that go on in the next line (RFC 9112 §5.2), and lines that only look like it.
let foldedResponses: [ResponseCase] = [
    ResponseCase(
        name: "folded", wire: "HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nContent-Length: 2\r\n\r\nhi",
        expected: .message(status: 200, body: "hi", keepsAlive: true)),
    ResponseCase(
        name: "folded twice, with tabs, at the end",
        wire: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Long: a\r\n\tb\r\n\tc\r\n\r\nhi",
        expected: .message(status: 200, body: "hi", keepsAlive: true)),
    ResponseCase(
        name: "folded with bare line feeds, into nothing",
        wire: "HTTP/1.1 200 OK\nX-Long: a\n \nContent-Length: 2\n\nhi",
        expected: .message(status: 200, body: "hi", keepsAlive: true)),
    ResponseCase(
        name: "folded value that decides",
        wire: "HTTP/1.1 200 OK\r\nConnection:\r\n close\r\nContent-Length: 2\r\n\r\nhi",
        expected: .message(status: 200, body: "hi", keepsAlive: false)),
    ResponseCase(
        name: "folded interim response, and chunks with a folded trailer",
        wire: "HTTP/1.1 103 Early Hints\r\nLink: </a>;\r\n rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n"
            + "X-A: b\r\n c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: a\r\n b\r\n\r\n",
        expected: .message(status: 200, body: "hi", keepsAlive: true)),
    ResponseCase(
        name: "folded before the first field",
        wire: "HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 2\r\n\r\nhi",
        expected: .failure(.malformed("a header line has no name"))),
    ResponseCase(
        name: "folded length", wire: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n 2\r\n\r\nhi",
        expected: .failure(.malformed("a header line that frames the body is folded"))),
    ResponseCase(
        name: "folded transfer coding",
        wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        expected: .failure(.malformed("a header line that frames the body is folded"))),
]
