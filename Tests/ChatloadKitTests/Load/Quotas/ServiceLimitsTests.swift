import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ServiceLimitsTests {
    /// A head may be 64 KB, and there may be many credentials.
    @Test func onlySoMuchIsKept() {
        var limits = ServiceLimits()
        for round in 0..<3 {
            let lines = (0..<1_000).map { "x-ratelimit-limit-\($0): \($0 + round)\r\n" }
            let long = "x-ratelimit-long: \(String(repeating: "x", count: 50_000))\r\n"
            let head = Array(("HTTP/1.1 200 OK\r\n" + long + lines.joined() + "\r\n").utf8)
            limits.add(head.span, of: 0, at: .seconds(Int64(round)))
        }
        let fields = limits.fields(of: 0)
        #expect(fields["x-ratelimit-limit-0"] == "2" && fields["x-ratelimit-limit-9"] == "11")
        #expect((50..<200).contains(fields.count))
        #expect(fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 4_096)
    }
}
