import Base
import Support
import Testing

@testable import ChatloadKit

/// What is wrong with descriptions, told for each key in the words of a golden file.
@Suite struct ServiceComplaintTests {
    /// What of a description a row's text is, and the rest of it.
    enum Part {
        case whole, top, parameter, history, request, reply, stream, each, socket

        func description(with text: String) -> String {
            let reply = #""reply":{"text":"$.answer"}"#
            let body = #""path":"/chat","body":{"say":"${text}"}"#
            switch self {
            case .whole: return text
            case .top: return Self.of(#""say":{\#(body),\#(reply)}"#, text + ",")
            case .parameter:
                return Self.of(#""say":{\#(body),\#(reply)}"#, #""parameters":{\#(text)},"#)
            case .history:
                return Self.of(
                    #""say":{"path":"/chat","body":{"all":"${messages}"},\#(reply)}"#,
                    #""history":\#(text),"#)
            case .request:
                return Self.of(
                    #""say":{\#(text),\#(reply)}"#,
                    #""parameters":{"key":{"secret":true},"on":{"type":"boolean"}},"#)
            case .reply: return Self.of(#""say":{\#(body),"reply":{"text":"$.a",\#(text)}}"#)
            case .stream:
                return Self.of(#""say":{\#(body),"reply":{"as":"sse","text":"$.a",\#(text)}}"#)
            case .each:
                return Self.of(
                    #""say":{\#(body),"reply":{"each":"$.all[*]","text":"$.a",\#(text)}}"#)
            case .socket:
                return #"{"chatload":"service/1","name":"acme","say":{"websocket":{\#(text)}}}"#
            }
        }

        private static func of(_ requests: String, _ top: String = "") -> String {
            #"{"chatload":"service/1","name":"acme",\#(top)"requests":{\#(requests)},"say":["say"]}"#
        }
    }

    private static let tops: [(Part, String)] = [
        (.whole, ""),
        (.whole, "[]"),
        (.whole, #"{"chatload":"service/1","#),
        (.whole, #"{}"#),
        (.whole, #"{"chatload":"service/2","name":"a","requests":{},"say":[]}"#),
        (.whole, #"{"turns":[{"say":"a"}]}"#),
        (.top, #""chatload":"service/1""#),
        (.top, #""nome":"x""#),
        (.top, #""name":"x""#),
        (.whole, #"{"chatload":1,"name":"A b","requests":{"Say":1},"say":["Say"]}"#),
        (.top, #""about":"two\nlines""#),
        (.top, #""about":7"#),
        (.top, #""headers":["a"]"#),
        (.top, #""headers":{"a b":"c"}"#),
        (.top, #""headers":{"X-A":"b","x-a":"c"}"#),
        (.top, #""headers":{"Content-Type":"a"}"#),
        (.top, #""headers":{"X-A":"b\nc"}"#),
        (.top, #""headers":{"X-A":["b"]}"#),
        (.top, #""headers":{"X-A":"${text}"}"#),
        (.top, #""headers":{"X-A":"${messages}"}"#),
        (.top, #""limits":{"say_charaters":1}"#),
        (.top, #""limits":{"say_characters":0,"say_bytes":"x"}"#),
        (.top, #""user":{"fresh":"turn"}"#),
        (.top, #""user":{"id":"hex:0"}"#),
        (.top, #""user":{"id":"uuid","fresh":"user","name":"x"}"#),
        (.top, #""session":["open"]"#),
        (.top, #""session":[{"per":"user"}]"#),
        (.top, #""session":[{"do":"open","per":"turn"}]"#),
        (.top, #""session":[{"do":"say"},{"do":"say"}]"#),
        (.top, #""session":[]"#),
        (.top, #""calls":"say""#),
        (.top, #""calls":["sai"]"#),
        (.top, #""calls":["say"]"#),
        (.top, #""renew":{"every":"25m"}"#),
        (.top, #""renew":{"do":"say"}"#),
        (.top, #""renew":{"do":"say","every":"0s","on_status":[42,"6xx",true]}"#),
        (.whole, #"{"chatload":"service/1","name":"a","requests":{"s":{"path":"/"}}}"#),
        (.whole, #"{"chatload":"service/1","name":"a","requests":{"s":{"path":"/"}},"say":"s"}"#),
        (.whole, #"{"chatload":"service/1","name":"a","requests":{"s":{"path":"/"}},"say":["s"]}"#),
        (
            .whole,
            #"{"chatload":"service/1","name":"a","requests":{"s":{"path":"/","body":"${text}"}},"#
                + #""say":["s"]}"#
        ),
    ]

    private static let parameters: [(Part, String)] = [
        (.parameter, #""a b":{}"#),
        (.parameter, #""1a":{}"#),
        (.parameter, #""text":{}"#),
        (.parameter, #""a":{},"a":{}"#),
        (.parameter, #""a":"b""#),
        (.parameter, #""a":{"help":"b"}"#),
        (.parameter, #""a":{"about":""}"#),
        (.parameter, #""a":{"type":"int"}"#),
        (.parameter, #""a":{"type":"integer","default":"x"}"#),
        (.parameter, #""a":{"type":"number","default":true}"#),
        (.parameter, #""a":{"type":"boolean","sandbox":1}"#),
        (.parameter, #""a":{"default":null}"#),
        (.parameter, #""a":{"default":"${text}"}"#),
        (.parameter, #""a":{"default":"${user"}"#),
        (.parameter, #""a":{"required":"yes"}"#),
        (.parameter, #""a":{"required":true,"default":"b"}"#),
        (.parameter, #""a":{"secret":1}"#),
        (.parameter, #""a":{"role":"size"}"#),
        (.parameter, #""a":{"role":"length"}"#),
        (.parameter, #""a":{"role":"stream","type":"text"}"#),
        (.parameter, #""a":{"role":"model","system":true}"#),
        (.parameter, #""a":{"role":"model"},"b":{"role":"model"}"#),
        (.history, #"{"keep":"client"}"#),
        (.history, #"{"kept":"both"}"#),
        (.history, #"{"kept":"server","message":"${text}"}"#),
        (.history, #"{"kept":"client"}"#),
        (.history, #"{"kept":"client","message":{"role":"${role}"}}"#),
        (.history, #"{"kept":"client","message":{"who":"${user}","what":"${text}"}}"#),
        (.history, #"{"kept":"client","message":"${text}","roles":{"bot":"b"}}"#),
        (.history, #"{"kept":"client","message":"${text}","roles":{"user":null,"system":""}}"#),
        (.history, #"{"kept":"server"}"#),
        (.top, #""history":{"kept":"client","message":"${text}"}"#),
    ]

    private static let requests: [(Part, String)] = [
        (.request, #""url":"/""#),
        (.request, #""path":"chat","body":"${text}""#),
        (.request, #""path":"","body":"${text}""#),
        (.request, #""path":"/a?b=c","body":"${text}""#),
        (.request, #""path":"/ä","body":"${text}""#),
        (.request, #""path":"/${key}","body":"${text}""#),
        (.request, #""path":"/${kee}","body":"${text}""#),
        (.request, #""path":"/${text","body":"${text}""#),
        (.request, #""path":"/","body":"${text}","path":"/""#),
        (.request, #""method":"post","path":"/","body":"${text}""#),
        (.request, #""method":"SAY","path":"/","body":"${text}""#),
        (.request, #""path":"/","query":{"q":null},"body":"${text}""#),
        (.request, #""path":"/","query":{"q":{"if":"of","then":"${text}"}}"#),
        (.request, #""path":"/","query":{"q":{"if":"on"}},"body":"${text}""#),
        (.request, #""path":"/","headers":{"Host":"a"},"body":"${text}""#),
        (.request, #""path":"/","body":{"a":"${text}","a":1}"#),
        (.request, #""path":"/","body":{"a":"${text} ${key}"}"#),
        (.request, #""path":"/","body":{"a":"to ${messages}","b":"${text}"}"#),
        (.request, #""path":"/","body":{"a":"${messages}","b":"${text}"}"#),
        (.request, #""path":"/","body":{"a":"${role}","b":"${text}"}"#),
        (.request, #""path":"/","body":{"a":"${system}","b":"${text}"}"#),
        (.request, #""path":"/","body":{"a":"${user_id}","b":"${text}"}"#),
        (.request, #""path":"/","body":{"a":{"if":"kez","then":1},"b":"${text}"}"#),
        (.request, #""path":"/","body":{"${on":1,"b":"${text}"}"#),
        (.request, #""path":"/","body":"${text}","form":{"a":"${text}"}"#),
        (.request, #""path":"/","form":["${text}"]"#),
        (.request, #""path":"/","text":{"a":"${text}"}"#),
        (.request, #""path":"/","text":"${text} ${key}""#),
        (.request, #""path":"/","body":"${text}","attach":"file""#),
        (.request, #""path":"/","form":{"a":"${text}"},"attach":"""#),
        (.request, #""path":"/","body":"${text}","repeatable":1"#),
        (.request, #""path":"/","body":"${text}","first":"1s""#),
        (.request, #""path":"/","body":"${text}","every":"1s","times":0"#),
        (.request, #""path":"/","body":"${text}","every":-1,"times":2"#),
        (.request, #""path":"/","body":"hello""#),
        (.request, #""path":{"if":"key","then":"/a"},"body":"${text}""#),
        (.request, #""path":{"if":"kez","then":"/a","else":"/b"},"body":"${text}""#),
        (.request, #""path":{"if":"key","then":"/a","else":"b?"},"body":"${text}""#),
        (.request, #""path":"/","body":"${text}","single":["n",1]"#),
        (
            .request,
            #""path":"/","body":"${text}","single":["#
                + (0...32).map { "\"$.n\($0)\"" }.joined(separator: ",") + "]"
        ),
    ]

    private static let replies: [(Part, String)] = [
        (.reply, #""as":"xml""#),
        (.reply, #""answer":"$.b""#),
        (.reply, #""status":[200,"7xx"]"#),
        (.reply, #""status":99"#),
        (.reply, #""each":"$.a""#),
        (.reply, #""each":"$.a[*].b[*].c.d.e.f.g.h.i.j.k.l.m.n.o""#),
        (.reply, #""text":"$.a""#),
        (.reply, #""reasoning":"$.choices[0.delta""#),
        (.reply, #""reasoning":[]"#),
        (.reply, #""tool":["a.b","$..a","$.a.","$.1","$[a]","$['a","$['a'","$a"]"#),
        (.reply, #""tool":"$.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a""#),
        (.reply, #""join":1"#),
        (.reply, #""error":7"#),
        (.reply, #""error":"$$.error""#),
        (.reply, #""error":{"path":"$.b"}"#),
        (.reply, #""error":{"when":{"$.b":1}}"#),
        (.reply, #""error":{"at":"$.b","when":{}}"#),
        (.reply, #""error":{"at":"$.b","when":{"b":1}}"#),
        (.reply, #""error":{"at":"$.b","when":{"$.b":{}}}"#),
        (.reply, #""error":{"at":"$.b","unless":{"$.b":["${usr}",1]}}"#),
        (.reply, #""error":{"at":"$.b","contains":"c"}"#),
        (.reply, #""rejected":{"at":1}"#),
        (.reply, #""exhausted":null"#),
        (.reply, #""context_overflow":{"at":"$.b","contains":[1,""]}"#),
        (.reply, #""wait":["$.b",2]"#),
        (.reply, #""usage":{"input":"$.b"}"#),
        (.reply, #""usage":{"prompt":["b"],"reply":{},"cached":1,"reasoning":"$"}"#),
        (.reply, #""finish":{"at":"$b"}"#),
        (.reply, #""failed":["x"]"#),
        (.reply, #""finish":"$.b","failed":[1]"#),
        (.reply, #""end":"close""#),
        (.stream, #""join":"""#),
        (.stream, #""end":"never""#),
        (.stream, #""end":{"data":"a","event":"b"}"#),
        (.stream, #""end":{"data":""}"#),
        (.stream, #""end":{"quiet":"1s"}"#),
        (.stream, #""end":{"on":"$.b"}"#),
        (.reply, #""as":"ndjson","end":{"event":"b"}"#),
        (.reply, #""as":"text""#),
        (.reply, #""capture":"$.b""#),
        (.reply, #""capture":{}"#),
        (.reply, #""capture":{"a b":"$.b","text":"$.c"}"#),
        (.reply, #""capture":{"a":"b","c":"header:","d":"regex:(","e":3}"#),
        (.reply, #""empty":"no""#),
        (.each, #""error":{"at":"$$.b","when":{"$.b":1}}"#),
        (.each, #""error":"$$b""#),
        (.each, #""tool":"$.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a""#),
        (.reply, "\"tool\":[" + (0..<32).map { "\"$.a\($0)\"" }.joined(separator: ",") + "]"),
    ]

    private static let sockets: [(Part, String)] = [
        (.whole, #"{"chatload":"service/1","name":"a","say":{"socket":{}}}"#),
        (.socket, #""url":"/""#),
        (.socket, #""path":"/","send":"hello","reply":{"text":"$.a","end":{"quiet":"1s"}}"#),
        (.socket, #""path":"/","send":"${text}","reply":{"text":"$.a"}"#),
        (
            .socket,
            #""path":"/","open":[{"send":1,"until":"x"},{"until":"$x"}],"answer":{"a":1},"#
                + #""protocols":"a","per":"turn","prefix":"","query":{"a":"${text}"},"#
                + #""send":"${text}","reply":{"text":"$.a","end":{"quiet":"1s"}}"#
        ),
    ]

    /// The captures of one request, and another one that uses them.
    private static let orders = [
        #""open":{"path":"/open","reply":{"capture":{"chat":"$.id"}}},"#
            + #""poll":{"path":"/${chat}","body":"${text}","reply":{"text":"$.a"}}},"say":["poll"]"#,
        #""open":{"path":"/open","reply":{"capture":{"chat":"$.id"}}},"#
            + #""poll":{"path":"/${chat}","body":"${text}","reply":{"text":"$.a"}}},"#
            + #""say":["poll","open"]"#,
        #""poll":{"path":"/${chat}","body":"${text}","#
            + #""reply":{"text":"$.a","capture":{"chat":"$.id"}}}},"say":["poll"]"#,
        #""a":{"path":"/${y}","reply":{"capture":{"x":"$.x"}}},"#
            + #""b":{"path":"/${x}","reply":{"capture":{"y":"$.y"}}},"#
            + #""s":{"path":"/","body":"${text}","reply":{"text":"$.a"}}},"say":["s"],"#
            + #""session":[{"do":"a"},{"do":"b","per":"user"}]"#,
        #""a":{"path":"/${conversation}/${turn}/${text}","reply":{}},"#
            + #""s":{"path":"/","body":"${text}","reply":{"text":"$.a"}}},"say":["s"],"#
            + #""session":[{"do":"a","per":"user"}]"#,
        #""s":{"path":"/","body":"${text}","query":{"since":"${since}"},"#
            + #""reply":{"text":"$.a"}}},"say":["s"]"#,
    ]

    @Test func areClear() {
        let rows = Self.tops + Self.parameters + Self.requests + Self.replies + Self.sockets
        let orders = Self.orders.map {
            (Part.whole, #"{"chatload":"service/1","name":"a","requests":{"# + $0 + "}")
        }
        let text = (rows + orders).map { part, text in
            let review = ServiceFileReader.review(
                Array(part.description(with: text).utf8), path: "acme.json")
            let remarks =
                review.complaints.map { "    \($0)\n" }
                + review.warnings.map { "    warning: \($0)\n" }
            return "\(part): \(text)\n" + (remarks.isEmpty ? "    good\n" : remarks.joined())
        }
        #expect(Golden.difference(text.joined(), from: "service-complaints.txt") == nil)
    }

    /// Lines and columns are those of the file, and at most 20 are told, in its order.
    @Test func haveTheirPlaces() throws {
        let text = """
            {"chatload":"service/1","name":"acme",
             "headers":{"Authorization":"Bearer abc", "X-Ünï": "${chat}"},
             "requests":{"say":{"path":"/chat",
               "body":{"say":"Ä \\" ${chat}","more":"Ä ${chat}"},
               "reply":{"as":"sse","text":"$.choices[0.delta"}}},
             "say":["say"]}
            """
        let review = ServiceFileReader.review(Array(text.utf8), path: "acme.json")
        let places = review.complaints.map { "\($0.line ?? 0):\($0.column ?? 0)" }
        #expect(places == ["2:52", "2:53", "4:18", "4:43", "5:12", "5:31"])
        let warning = try #require(review.warnings.first)
        #expect(
            warning.description
                == "acme.json:2:29: headers.Authorization: a literal key in a file that others can"
                + " read; declare a secret parameter and write ${key}")
        let many = (0..<2_000).map { "\"k\($0)\":1" }.joined(separator: ",")
        let flood = ServiceFileReader.review(Array("{\(many)}".utf8), path: "f")
        #expect(flood.complaintCount == 2_003 && flood.complaints.count == Fault.mostAtOnce)
        #expect(flood.complaints.first?.message.contains("k0") == false)
        let error = #expect(throws: Fault.self) { try flood.checked() }
        #expect(error?.others.count == Fault.mostAtOnce)
    }

    @Test func mostIsAMegabyte() {
        let text = #"{"chatload":"service/1""# + String(repeating: " ", count: 1 << 20) + "}"
        let review = ServiceFileReader.review(Array(text.utf8), path: "f")
        #expect(review.complaints.first?.message.contains("at most 1 MB") == true)
    }
}
