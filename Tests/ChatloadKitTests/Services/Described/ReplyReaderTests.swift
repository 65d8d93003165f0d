import Base
import Networking
import Testing

@testable import ChatloadKit

/// What replies of described services mean, place by place.
@Suite struct ReplyReaderTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let reply: String
        let body: String
        let expected: String
        var status = 200

        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(
            name: "a text", reply: #"{"text":"$.a.b"}"#, body: #"{"a":{"b":"x\ny"}}"#,
            expected: "\"x\ny\"  -,-,-,-,-"),
        Row(
            name: "the first place that is there", reply: #"{"text":["$.a","$.b"]}"#,
            body: #"{"b":"two","a":"one"}"#, expected: "\"one\"  -,-,-,-,-"),
        Row(
            name: "the first of several replies", reply: #"{"text":"$.a[0]","others":"$.a[1]"}"#,
            body: #"{"a":["one","two"]}"#, expected: "\"one\"  -,-,-,-,- +"),
        Row(
            name: "one reply where several could be",
            reply: #"{"text":"$.a[0]","others":"$.a[1]"}"#, body: #"{"a":["one"]}"#,
            expected: "\"one\"  -,-,-,-,-"),
        Row(
            name: "null and empty are not there", reply: #"{"text":["$.a","$.b"]}"#,
            body: #"{"a":"","b":"two"}"#, expected: "\"two\"  -,-,-,-,-"),
        Row(
            name: "an empty text is a reply", reply: #"{"text":["$.a","$.b"]}"#,
            body: #"{"a":"","b":null}"#, expected: "\"\"  -,-,-,-,-"),
        Row(
            name: "an empty text is none", reply: #"{"text":"$.a","empty":"no_reply"}"#,
            body: #"{"a":""}"#, expected: "no_reply: the response holds no text"),
        Row(
            name: "no place of a text", reply: #"{"text":"$.a"}"#, body: #"{"b":1}"#,
            expected: #"malformed_reply: no answer text in: {"b":1}"#),
        Row(
            name: "no JSON", reply: #"{"text":"$.a"}"#, body: "<html>",
            expected: "malformed_reply: not JSON, at byte 0 a value is expected here: <html>"),
        Row(
            name: "several are joined", reply: #"{"text":"$.a[*].t"}"#,
            body: #"{"a":[{"t":"x"},{"t":""},{"t":"y"},{}]}"#, expected: "\"x\ny\"  -,-,-,-,-"),
        Row(
            name: "joined by a text", reply: #"{"text":"$[*].t","join":", "}"#,
            body: #"[{"t":"x"},{"t":"y"}]"#, expected: "\"x, y\"  -,-,-,-,-"),
        Row(
            name: "in each element the first",
            reply: #"{"each":"$[*]","text":["$.text","$.image"]}"#,
            body: #"[{"image":"i","text":"t"},{"image":"j"},{"n":1}]"#,
            expected: "\"t\nj\"  -,-,-,-,-"),
        Row(
            name: "no elements", reply: #"{"each":"$[*]","text":"$.text"}"#, body: "[]",
            expected: "\"\"  -,-,-,-,-"),
        Row(
            name: "no elements where one is needed",
            reply: #"{"each":"$[*]","text":"$.text","empty":"no_reply"}"#, body: "[]",
            expected: "no_reply: the response holds no text"),
        Row(
            name: "several within elements", reply: #"{"each":"$.m[*]","text":"$.p[*]"}"#,
            body: #"{"m":[{"p":["a","b"]},{"p":["c"]}]}"#, expected: "\"a\nb\nc\"  -,-,-,-,-"),
        Row(
            name: "an element's guard, wherever it stands",
            reply: #"{"each":"$.m[*]","text":{"at":"$.t","when":{"$.k":"msg"}}}"#,
            body: #"{"m":[{"t":"a","k":"msg"},{"k":"x","t":"b"},{"k":"msg","t":"c"},{"t":"d"}]}"#,
            expected: "\"a\nc\"  -,-,-,-,-"),
        Row(
            name: "one's own are left out",
            reply: ##"{"each":"$.m[*]","text":{"at":"$.t","unless":{"$.from":"${user_id}"}}}"##,
            body: #"{"m":[{"from":"me","t":"a"},{"from":"bot","t":"b"}]}"#,
            expected: "\"b\"  -,-,-,-,-"),
        Row(
            name: "values of guards",
            reply: #"{"text":[{"at":"$.t","when":{"$.n":[1,true,"x",null]}}]}"#,
            body: #"{"t":"a","n":true}"#, expected: "\"a\"  -,-,-,-,-"),
        Row(
            name: "null is also what is not there",
            reply: #"{"text":{"at":"$.t","when":{"$.n":null}}}"#,
            body: #"{"t":"a"}"#, expected: "\"a\"  -,-,-,-,-"),
        Row(
            name: "not null", reply: #"{"text":{"at":"$.t","unless":{"$.n":null}}}"#,
            body: #"{"t":"a"}"#, expected: "\"\"  -,-,-,-,-"),
        Row(
            name: "an escaped value", reply: #"{"text":{"at":"$.t","when":{"$.n":"aé"}}}"#,
            body: #"{"t":"a","n":"a\u00e9"}"#, expected: "\"a\"  -,-,-,-,-"),
        Row(
            name: "structures and numbers are texts", reply: #"{"each":"$[*]","text":"$.t"}"#,
            body: #"[{"t":{"a":[1]}},{"t":2.50},{"t":true},{"t":false},{"t":[]}]"#,
            expected: "\"{\"a\":[1]}\n2.50\ntrue\"  -,-,-,-,-"),
        Row(
            name: "an error in a success", reply: #"{"text":"$.t","error":["$.e.m","$.e"]}"#,
            body: #"{"t":"a","e":{"m":"broken"}}"#, expected: "service_error: broken"),
        Row(
            name: "an error that is none", reply: #"{"text":"$.t","error":["$.e.m","$.e"]}"#,
            body: #"{"t":"a","e":{}}"#, expected: "\"a\"  -,-,-,-,-"),
        Row(
            name: "false is no error", reply: #"{"text":"$.t","error":"$.e"}"#,
            body: #"{"t":"a","e":false}"#, expected: "\"a\"  -,-,-,-,-"),
        Row(
            name: "a structure is an error", reply: #"{"text":"$.t","error":["$.e.m","$.e"]}"#,
            body: #"{"e":{"code":3}}"#, expected: #"service_error: {"code":3}"#),
        Row(
            name: "an error in an element", reply: #"{"each":"$[*]","text":"$.t","error":"$.e"}"#,
            body: #"[{"t":"a"},{"e":"broken"}]"#, expected: "service_error: broken"),
        Row(
            name: "an error that is a rejection",
            reply: #"{"text":"$.t","error":"$.e","rejected":{"at":"$.c","when":{"$.c":[429]}}}"#,
            body: #"{"e":"slow down","c":429}"#, expected: "rejected: slow down"),
        Row(
            name: "tokens are added up",
            reply:
                #"{"text":"$.t","usage":{"prompt":["$.a","$.b"],"reply":"$.c","cached":"$.b","reasoning":"$.x"}}"#,
            body: #"{"t":"a","a":3,"b":4,"c":5.0,"x":-1}"#, expected: "\"a\"  7,5,4,-,-"),
        Row(
            name: "a finish that fails", reply: #"{"text":"$.t","finish":"$.f","failed":"bad"}"#,
            body: #"{"t":"a","f":"bad"}"#, expected: "service_error: the reply ended with bad"),
        Row(
            name: "a tool alone", reply: #"{"text":"$.t","tool":"$.tool[*].name"}"#,
            body: #"{"tool":[{"name":"f"},{"name":"g"}]}"#, expected: "\"\" (f\ng)  -,-,-,-,-"),
        Row(
            name: "text", reply: #"{"as":"text"}"#, body: "hello {",
            expected: "\"hello {\"  -,-,-,-,-"),
        Row(
            name: "text that is none", reply: #"{"as":"text","empty":"no_reply"}"#, body: "",
            expected: "no_reply: the response holds no text"),
        Row(
            name: "nothing", reply: #"{"as":"none"}"#, body: "whatever", expected: "\"\"  -,-,-,-,-"
        ),
        Row(
            name: "accepted", reply: #"{"text":"$.t"}"#, body: "", expected: "\"\"  -,-,-,-,-",
            status: 202),
        Row(
            name: "accepted without a text", reply: #"{"text":"$.t"}"#, body: "{}",
            expected: "\"\"  -,-,-,-,-", status: 202),
        Row(
            name: "a status of success that is none", reply: #"{"text":"$.t","status":201}"#,
            body: #"{"t":"a"}"#, expected: #"http_unexpected: {"t":"a"}"#),
        Row(
            name: "another status of success", reply: #"{"text":"$.t","status":[200,"4xx"]}"#,
            body: #"{"t":"a"}"#, expected: "\"a\"  -,-,-,-,-", status: 404),
        Row(
            name: "a status with a text", reply: #"{"text":"$.t","error":["$.e.m","$.e"]}"#,
            body: #"{"e":{"m":"no such bot"}}"#, expected: "http_4xx: no such bot", status: 404),
        Row(
            name: "a status without one", reply: #"{"text":"$.t","error":"$.e"}"#, body: "<html>",
            expected: "http_5xx: <html>", status: 502),
        Row(
            name: "a status that a place makes a rejection",
            reply: #"{"text":"$.t","error":"$.e","rejected":{"at":"$.c","when":{"$.c":"full"}}}"#,
            body: #"{"e":"later","c":"full"}"#, expected: "rejected: later", status: 400),
        Row(
            name: "a wait in the body", reply: #"{"text":"$.t","error":"$.e","wait":"$.d[*].s"}"#,
            body: #"{"e":"later","d":[{"x":1},{"s":"17s"}]}"#,
            expected: "rejected: later wait=17000ms",
            status: 429),
        Row(
            name: "a wait in seconds", reply: #"{"text":"$.t","error":"$.e","wait":"$.s"}"#,
            body: #"{"e":"later","s":1.5}"#, expected: "rejected: later wait=1500ms", status: 529),
        Row(
            name: "a credential of no more use",
            reply: #"{"text":"$.t","error":"$.e","exhausted":{"at":"$.c","when":{"$.c":"broke"}}}"#,
            body: #"{"e":"pay","c":"broke"}"#, expected: "rejected: pay (ends)", status: 429),
        Row(
            name: "a prompt that was too long",
            reply:
                #"{"text":"$.t","error":"$.e","context_overflow":{"at":"$.e","contains":["Too Long"]}}"#,
            body: #"{"e":"the prompt is too long"}"#,
            expected: "http_4xx: context length: the prompt is too long", status: 400),
    ])
    func whole(row: Row) throws {
        let file = try described(reply: row.reply, with: #""user":{"id":"identity"},"#)
        let log = try ReplyLog(file) { $0.userID = "me" }
        #expect(log.whole(row.status, row.body) == row.expected)
    }

    @Test func manyPathsAreTooMany() throws {
        var reply = ServiceReply()
        reply.text = try (0..<33).map { GuardedPlace(path: try #require(JSONPath("$.a\($0)"))) }
        #expect(throws: Fault.self) { try ReplyPlan(reply, ParameterValues()) }
    }

    @Test func capturesAreKept() throws {
        let file = try described(
            reply:
                #"{"text":"$.t","capture":{"id":"$.id","last":"$.m[*].id","found":"regex:\"x\":(\\d+)"}}"#
        )
        let log = try ReplyLog(file)
        _ = log.whole(200, #"{"t":"a","id":"i\n1","m":[{"id":1},{"id":2}],"x":77}"#)
        let captured = zip(file.captures, log.values.captures).map { name, value in
            "\(name)=\(value.map { String(decoding: $0, as: UTF8.self) } ?? "-")"
        }
        #expect(captured.sorted() == ["found=77", "id=i\n1", "last=2"])
    }
}
