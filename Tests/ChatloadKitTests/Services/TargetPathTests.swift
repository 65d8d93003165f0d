import Base
import Networking
import Testing

@testable import ChatloadKit

/// By a target's path it is known which service is there, and where it begins.
@Suite struct TargetPathTests {
    @Test(arguments: [
        ("tamako", "/api/chat", ""), ("tamako", "/a//b/api/chat/", "/a/b"),
        ("botyard", "/v1/client-api", ""), ("botyard", "/x/v1/client-api/chats/5", "/x"),
        ("stammer", "/chatbot/api/v1/message", ""), ("stammer", "/en/chatbot/api/v1/message/", ""),
        ("stammer", "/x/y/en/chatbot/api/v1/message/", "/x/y"),
    ])
    func isTheServices(name: String, path: String, prefix: String) {
        for service in Services.written {
            let reached = service.reached(by: path)
            #expect((reached != nil) == (service.name == name), "\(service.name) \(path)")
            if let reached { #expect(reached.prefix == prefix && reached.parameters.isEmpty) }
        }
    }

    @Test func aSegmentIsAParameter() {
        let reached = ServiceDescription.stammer.reached(by: "/b/de/chatbot/api/v1/message")
        #expect(reached?.prefix == "/b" && reached?.parameters == ["language": "de"])
    }

    @Test(arguments: [
        "", "/", "//", "/x", "/v1", "/v1/client-apis", "/client-api/v1", "/api",
        "/v2/chat/completions",
    ])
    func isNobodys(path: String) {
        #expect(Services.all.allSatisfy { $0.reached(by: path) == nil })
    }
}
