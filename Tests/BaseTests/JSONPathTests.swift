import Base
import Testing

struct JSONPathTests {
    private func look(_ paths: [String], in text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        var found: [String] = []
        try JSONFields(paths.compactMap { JSONPath($0) }).read(bytes.span) { path, token, range in
            found.append("\(paths[path]):" + String(decoding: bytes[range], as: UTF8.self))
            if case .string(let text) = token { #expect(text.range == range) }
        }
        return found
    }

    @Test(arguments: [
        (["data.answer"], #"{"data":{"answer":"hi"},"answer":"no"}"#, ["data.answer:hi"]),
        (["messages.0.body"], #"{"messages":[{"body":"x"},{"body":"y"}]}"#, ["messages.0.body:x"]),
        (["*.id"], #"[{"id":1},{"no":2},{"id":3}]"#, ["*.id:1", "*.id:3"]),
        (["*", "*.id"], #"[{"id":1},{}]"#, ["*.id:1", #"*:{"id":1}"#, "*:{}"]),
        (["$"], " [1, 2] ", ["$:[1, 2]"]),
        (["a"], #"{"score":NaN,"b":[Infinity,-Infinity,-1],"a":"x"}"#, ["a:x"]),
        (["a"], "\u{FEFF}" + #"{"a":"x"}"#, ["a:x"]),
        (["a"], #"{"a":"x","a":"y"}"#, ["a:x", "a:y"]),
        (["a", "a.b"], #"{"a":{"b":null}}"#, ["a.b:l", #"a:{"b":null}"#]),
        (["a"], #"{"\u0061":"x\ny","a":-1.5e3}"#, [#"a:x\ny"#, "a:-1.5e3"]),
        (["0"], #"{"0":"key"}"#, ["0:key"]),
        (["a.0"], #"{"a":"text"}"#, []),
        (["x"], "[[[[]]]]", []),
        (["$.data.answer"], #"{"data":{"answer":"hi"}}"#, ["$.data.answer:hi"]),
        (["$[1].id"], #"[{"id":1},{"id":2}]"#, ["$[1].id:2"]),
        (["$[*]['a.b']"], #"[{"a.b":1},{"a":{"b":2}}]"#, ["$[*]['a.b']:1"]),
        (["$.*[0]"], #"{"x":[1,2],"y":[3]}"#, ["$.*[0]:1", "$.*[0]:3"]),
        ([#"$["it's"]"#], #"{"it's":true}"#, [#"$["it's"]:e"#]),
        (["$['0']"], #"{"0":1}"#, ["$['0']:1"]), (["$['0']"], "[1]", []),
    ])
    func finds(paths: [String], text: String, expected: [String]) throws {
        #expect(try look(paths, in: text) == expected)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "$.", "$..a", "$.a.", "$[", "$[]", "$[a]", "$[-1]", "$[0",
        "$['a'",
        "$['a]", "$[0]a", "$.0", "$.a[?@.b]",
    ])
    func refusesBadPaths(text: String) {
        #expect(JSONPath(text) == nil)
    }

    @Test func noticesEveryCutAndEveryAddition() {
        let text = #"{"data":{"answer":"hi","list":[1,{"a":true}]},"x":null}"#
        for end in 0..<text.utf8.count {
            #expect(throws: JSONError.self) {
                try look(["data.answer"], in: String(text.prefix(end)))
            }
        }
        #expect(throws: JSONError.self) { try look(["data.answer"], in: text + "}") }
    }
}
