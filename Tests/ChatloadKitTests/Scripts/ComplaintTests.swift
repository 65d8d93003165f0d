import Base
import Support
import Testing

@testable import ChatloadKit

/// What people read when a script is wrong: one line of the file, one complaint.
@Suite struct ComplaintTests {
    static let lines = [
        #"{"turn":[{"say":"x"}]}"#,
        #"{"turns":[{"says":"x"}]}"#,
        #"{"turns":[{"say":"x","colour":1}]}"#,
        #"{"turns":[{"say":"x","expect":"y"}]}"#,
        #"{"turns":[{"say":"x","expect":{}}]}"#,
        #"{"turns":[{"say":"x","expect":{"contain":"y"}}]}"#,
        #"{"turns":[{"say":"x","expect":{"contains":[]}}]}"#,
        #"{"turns":[{"say":"x","expect":{"contains":["y",1]}}]}"#,
        #"{"turns":[{"say":"x","expect":{"equals":["y"]}}]}"#,
        #"{"turns":[{"say":"x","expect":{"contains":"a${b}"}}]}"#,
        #"{"turns":[{"say":"x","expect":{"matches":"a(b"}}]}"#,
        #"{"turns":[{"say":"x","expect":{"matches":"a${user}"}}]}"#,
        #"{"turns":[{"say":"x","expect":{"within":"soon"}}]}"#,
        #"{"turns":[{"say":"x","expect":{"status":20}}]}"#,
        #"{"turns":[{"say":"x","expect":{"status":"ok"}}]}"#,
        #"{"turns":[{"say":"x","expect":{"status":[200,null]}}]}"#,
        #"{"turns":[{"say":"x","expect":{"json":{"$.":1}}}]}"#,
        #"{"turns":[{"say":"x","expect":{"json":{"$.a":[1]}}}]}"#,
        #"{"turns":[{"say":"x","expect":{"json":"$.a"}}]}"#,
        #"{"turns":[{"say":"x","capture":{}}]}"#,
        #"{"turns":[{"say":"x","capture":"id"}]}"#,
        #"{"turns":[{"say":"x","capture":{"id":7}}]}"#,
        #"{"turns":[{"say":"x","capture":{"id":"(a"}}]}"#,
        #"{"turns":[{"say":"x","capture":{"id":"$[a]"}}]}"#,
        #"{"turns":[{"say":"x","capture":{"user":"a"}}]}"#,
        #"{"turns":[{"say":"x","capture":{"a b":"a"}}]}"#,
        #"{"turns":[{"say":"x","capture":{"a":"a","a":"b"}}]}"#,
        #"{"turns":[{"say":"${id}","capture":{"id":"a"}}]}"#,
        #"{"turns":[{"say":"x","capture":{"ticket":"a"}},{"say":"${tickt}"}]}"#,
        #"{"turns":[{"say":"${reply}"}]}"#,
        #"{"with":{"bot":"${turn}"},"turns":[{"say":"x"}]}"#,
        #"{"turns":[{"say":"x","with":{"bot":"${bott}"}}]}"#,
        #"{"turns":[{"say":"x","attach":["${path}"]}]}"#,
        #"{"turns":[{"say":"a \"quoted\" ${order}"}]}"#,
        #"{"turns":[{"say":"x","reply":7}]}"#,
        #"{"turns":[{"say":"x","at":"late"}]}"#,
        #"{"turns":[{"say":"x","on_fail":"explode"}]}"#,
        #"{"turns":[{"say":"x","result":"y"}]}"#,
        #"{"system":[],"turns":[{"say":"x"}]}"#,
        #"{"on_fail":true,"turns":[{"say":"x"}]}"#,
        #"{"result":{"a":[1}},"turns":[{"say":"x"}]}"#,
        #"{"messages":[]}"#,
        #"{"turns":[]}"#,
        #"{"id":"x"}"#,
        #"{"id":"x","turns":[{"say":"a"}],"id":"y"}"#,
        #"{"turns":[{"say":"a","say":"b"}]}"#,
        #"{"turns":[{"say":"a","call":"bots.list"}]}"#,
        #"{"turns":[{"name":"a"}]}"#,
        #"{"turns":[{"say":5}]}"#,
        #"{"turns":["hello"]}"#,
        #"{"turns":{"say":"hello"}}"#,
        #"[{"say":"hello"}]"#,
        #"{"id":7,"turns":[{"say":"a"}]}"#,
        #"{"id":"","turns":[{"say":"a"}]}"#,
        #"{"user":"a${user}","turns":[{"say":"a"}]}"#,
        #"{"weight":0,"turns":[{"say":"a"}]}"#,
        #"{"weight":1.5,"turns":[{"say":"a"}]}"#,
        #"{"weight":"2","turns":[{"say":"a"}]}"#,
        #"{"at":"soon","turns":[{"say":"a"}]}"#,
        #"{"at":-1,"turns":[{"say":"a"}]}"#,
        #"{"with":{"a":null},"turns":[{"say":"a"}]}"#,
        #"{"with":{"a":1,"a":2},"turns":[{"say":"a"}]}"#,
        #"{"with":[],"turns":[{"say":"a"}]}"#,
        #"{"turns":[{"say":"a","think":"2 parsecs"}]}"#,
        #"{"turns":[{"say":"a","think":"uniform:3s,1s"}]}"#,
        #"{"turns":[{"say":"a","think":"uniform:3s"}]}"#,
        #"{"turns":[{"say":"a","think":"lognormal:2s,many"}]}"#,
        #"{"turns":[{"say":"a","think":"gauss:2s,1s"}]}"#,
        #"{"turns":[{"say":"a","think":true}]}"#,
        #"{"turns":[{"say":"a","attach":"x.png"}]}"#,
        #"{"turns":[{"say":"a","attach":[]}]}"#,
        #"{"turns":[{"say":"a","attach":[1]}]}"#,
        #"{"turns":[{"call":"bots.list","attach":["x"]}]}"#,
        #"{"turns":[{"call":"bot.list"}]}"#,
        #"{"turns":[{"call":"dance.all"}]}"#,
        #"{"turns":[{"call":"say"}]}"#,
        #"{"turns":[{"say":"Hé ${usr}"}]}"#,
        #"{"turns":[{"say":"the order is ${order}"}]}"#,
        #"{"turns":[{"say":"Hi ${user"}]}"#,
        #"{"turns":[{"say":"a","name":"b${turn}"}]}"#,
        #"{"turns":[{"say":"a"}]"#,
        #"{"turns":[{"say":"a"},]}"#,
        #"{"turns":[{"say":'a'}]}"#,
        #"{"turns":[{"say":"a"}]} {}"#,
        #"hello"#,
    ]

    @Test func areClear() throws {
        let text = try Self.lines.map { line in
            // The byte order mark, the comment and the line end must not move the place.
            try withFile("\u{FEFF}// one\r\n\r\n\(line)\r\n") { path in
                let error = #expect(throws: Fault.self) {
                    try Workload.open([path]).conversation(at: 0)
                }
                var complaint = try #require(error)
                complaint = complaint.at(.file("f", line: complaint.line, column: complaint.column))
                return "\(line)\n    \(complaint)\n"
            }
        }
        #expect(Golden.difference(text.joined(), from: "script-complaints.txt") == nil)
    }
}
