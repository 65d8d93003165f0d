import Base
import Networking
import Support
import Testing

@testable import chatload

@Suite struct ArgumentFuzzTests {
    @Test func `any arguments are understood or refused`() {
        let faces = Command.allCases.flatMap(\.options)
        let pieces =
            Command.allCases.map(\.rawValue) + faces.flatMap(\.flags)
            + Synonym.all.flatMap(\.words)
            + [
                "--", "-", "--=", "-=", "=", "", "a=b", "A: b", "5", "-5", "5s", "env:X",
                "http://h", "\0", "🙂",
                "-c🙂",
            ]
        var random = SeededRandom(seed: 22)
        for _ in 0..<Fuzz.count(few: 5_000) {
            var arguments = [Command.allCases.randomElement(using: &random)?.rawValue ?? ""]
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                var word = pieces.randomElement(using: &random) ?? ""
                if random.unit() < 0.2 {
                    word += "=" + (pieces.randomElement(using: &random) ?? "")
                }
                if random.unit() < 0.1 { word = String(word.shuffled(using: &random)) }
                arguments.append(word)
            }
            do {
                _ = try Invocation(arguments, in: .made())
            } catch {
                #expect(error.exitCode == .unusable)
                #expect(error.rendered.split(separator: "\n").count <= 3)
            }
        }
    }
}
