@testable import ChatloadKit
import Base
import Networking
import Support
import Testing

/// Bodies with bytes changed, cut out and doubled, under all sorts of statuses: every one ends in a
/// reply or in a failure that shows no secret.
struct ReplyFuzzTests {
    @Test(arguments: Services.all)
    func survives(name: ServiceDescription) async throws {
        let service =
            switch name.name {
            case "tamako": try Sample.tamako()
            case "stammer": try Sample.stammer()
            default: try name.configured(inSandbox: true)
            }
        var random = SeededRandom(seed: 2_026)
        let statuses = [200, 200, 200, 201, 202, 204, 301, 400, 401, 404, 429, 500, 529, 999]
        for _ in 0..<Fuzz.count(few: 400) {
            let user = ScriptedUser(service)
            for (index, step) in name.steps.enumerated() {
                user.line.answers[step.name] = (0..<2).map { _ in
                    let body = service.placeholderReply(to: ServiceStep(index), with: [:])
                    let status = statuses.randomElement(using: &random) ?? 200
                    return .init(status, Self.damaged(body + "tok-123", using: &random))
                }
            }
            _ = await user.say("hi")
            for failure in user.line.failures {
                // As it is recorded.
                let detail = service.secrets.mask(failure.detail)
                #expect(detail.count <= Secrets.detailLimit)
                if name.name == "stammer" { #expect(!detail.contains("tok-123")) }
            }
        }
    }

    private static func damaged(_ text: String, using random: inout SeededRandom) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            let place = Int.random(in: 0..<max(bytes.count, 1), using: &random)
            guard place < bytes.count else { break }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place...)
            case 2: bytes.insert(bytes[place], at: place)
            default: bytes.remove(at: place)
            }
        }
        if Bool.random(using: &random), bytes.count > 7 { bytes.removeLast(7) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
