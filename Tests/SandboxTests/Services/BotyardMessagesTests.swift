import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Botyard: replies and pages of messages")
struct BotyardMessagesTests {
    @Test func aReplyCanComeInTheSameMillisecond() {
        for isExact in [false, true] {
            var member = Member { $0.isBotyardExact = isExact }
            let sent = member.say("hi")
            let timestamp = sent.value("timestamp") ?? ""
            let page = member.messages(
                "?sender_id=\(member.bot)&page=1&limit=1&since=\(timestamp)")
            #expect(page.value("total") == (isExact ? "0" : "1"))
            #expect(member.messages("?since=1699999999999").value("total") == "2")
        }
    }

    @Test func repliesComeAfterTheLatency() {
        var member = Member { $0.botyard.latency = .fixed(.milliseconds(80)) }
        let sent = member.say("Where is my refund for order 12345?")
        #expect(sent.delay == .zero)
        let query = "?sender_id=\(member.bot)&page=1&limit=1&since=\(sent.value("timestamp") ?? "")"
        member.bench.now = member.bench.now + .microseconds(79_999)
        let early = member.messages(query)
        #expect(early.body.hasSuffix("\"total\":0,\"page\":1,\"limit\":1,\"messages\":[]}"))
        member.bench.now = member.bench.now + .microseconds(1)
        let page = member.messages(query)
        #expect(page.value("total") == "1")
        #expect(page.value("timestamp") == "1700000000080")
        #expect(page.value("senderId") == member.bot)
        #expect(page.value("body")?.contains("refund for order 12345 is under way: ticket") == true)
    }

    @Test func lateReadersSeeTheTimesOfTheReplies() {
        var member = Member { $0.botyard.latency = .fixed(.milliseconds(80)) }
        _ = member.say("one")
        member.bench.now = member.bench.now + .milliseconds(200)
        _ = member.say("two")
        member.bench.now = member.bench.now + .seconds(10)
        let times = member.messages().values("timestamp").map { $0.suffix(5) }
        #expect(times == ["00000", "00080", "00200", "00280"])
        let ids = member.messages().values("id")
        #expect(ids == ids.sorted())
    }

    @Test func aBlockingSendTakesAsLongAsTheWebhook() {
        var member = Member {
            $0.botyardReplies = .blocking
            $0.botyard.latency = .fixed(.seconds(2))
        }
        #expect(member.say("hi").delay == .seconds(2))
        var slow = Member {
            $0.botyardReplies = .blocking
            $0.botyard.latency = .fixed(.seconds(20))
        }
        #expect(slow.say("hi").delay == .seconds(6))
    }

    @Test func theEchoBotEchoes() {
        var member = Member()
        let echo = member.bench.botyard("GET", "/v1/client-api/bots").values("id")[2]
        member.chat =
            member.bench.botyard("POST", "/v1/client-api/chat", "{\"botId\":\"\(echo)\"}")
            .value("id") ?? ""
        _ = member.say("say \\\"this\\\"")
        #expect(
            member.messages("?sender_id=\(echo)").body.contains("\"body\":\"say \\\"this\\\"\""))
    }

    @Test func listItemsHaveAChatOnlyWhenDocumented() {
        var member = Member()
        _ = member.say("hi")
        #expect(member.messages().values("chatId").count == 3)
        var exact = Member { $0.isBotyardExact = true }
        _ = exact.say("hi")
        #expect(exact.messages().values("chatId").count == 1)
    }

    /// Page 1 is the newest, each page ascends, and the pages together are all messages.
    @Test(arguments: [1, 2, 3, 7, 20, 100])
    func pagesCoverEverythingOnce(limit: Int) {
        var member = Member()
        for number in 0..<15 {
            _ = member.say("message \(number)")
            member.bench.now = member.bench.now + .milliseconds(1)
        }
        let all = member.messages("?limit=1000").values("id")
        #expect(all.count == 30 && all == all.sorted())
        var gathered: [String] = []
        for page in 1...(30 / limit + 2) {
            let answer = member.messages("?page=\(page)&limit=\(limit)")
            #expect(answer.value("total") == "30")
            #expect(answer.value("page") == "\(page)" && answer.value("limit") == "\(limit)")
            gathered = answer.values("id") + gathered
        }
        #expect(gathered == all)
    }

    @Test(arguments: [
        ("?page=x&limit=y&since=z", "1", "20", 20), ("", "1", "20", 20), ("?page=2", "2", "20", 10),
        ("?limit=0", "1", "0", 0), ("?page=&limit=", "1", "20", 20),
        (
            "?page=9223372036854775807&limit=9223372036854775807", "9223372036854775807",
            "9223372036854775807", 0
        ),
    ])
    func oddNumbers(query: String, page: String, limit: String, count: Int) {
        var member = Member()
        for _ in 0..<15 { _ = member.say("x") }
        let answer = member.messages(query)
        #expect(answer.value("page") == page && answer.value("limit") == limit)
        #expect(answer.values("body").count == count)
    }

    @Test func filtersBeforeItCounts() {
        var member = Member()
        for _ in 0..<5 { _ = member.say("x") }
        #expect(member.messages("?sender_id=\(member.user)").value("total") == "5")
        #expect(member.messages("?sender_id=nobody").value("total") == "0")
        #expect(member.messages("?sender_id=").value("total") == "10")
    }

    @Test func memoryIsBounded() {
        var store = BotyardStore(start: .zero, seed: 1, budget: 100_000)
        let user = store.addUser(nickname: "ana")
        var chats: [BotyardChat] = []
        for _ in 0..<2000 {
            let chat = store.addChat(user: user, bot: "b")
            chats.append(chat)
            _ = store.addMessage(
                to: chat, isFromBot: false, body: [UInt8](repeating: 0, count: 1000),
                attachments: [], at: .zero)
        }
        let kept = chats.filter { store.chat($0.id) != nil }
        #expect((60...80).contains(kept.count))
        #expect(kept.last === chats.last)
        #expect(store.chats(of: user, bot: "b").count == kept.count)
        let one = store.addChat(user: user, bot: "b")
        for _ in 0..<5000 {
            _ = store.addMessage(
                to: one, isFromBot: false, body: [], attachments: [], at: .zero)
        }
        #expect((3000...4000).contains(one.messages.count))
    }
}
