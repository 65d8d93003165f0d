import Base
import Testing

@Suite struct ByteBufferTests {
    /// Random operations, each done to a plain array as well.
    @Test func doesWhatAnArrayDoes() {
        var random = SeededRandom(seed: 8)
        var buffer = ByteBuffer()
        var reference: [UInt8] = []
        for _ in 0..<20_000 {
            let bytes = (0..<random.next() % 9).map { _ in UInt8(random.next() & 0x7F) }
            switch random.next() % 20 {
            case 0:
                buffer.clear()
                reference = []
            case 1...3:
                let count = Int.random(in: -2...reference.count + 2, using: &random)
                buffer.truncate(to: count)
                reference = Array(reference.prefix(max(count, 0)))
            case 4...7:
                buffer.append(bytes)
                reference += bytes
            case 8...10:
                buffer.append(bytes.span)
                reference += bytes
            case 11...13:
                buffer.append(String(decoding: bytes, as: UTF8.self))
                reference += bytes
            case 14...15:
                var other = ByteBuffer(capacity: 4)
                other.append(bytes)
                buffer.append(other)
                reference += bytes
            case 16...17:
                buffer.append(byte: 9)
                reference.append(9)
            default:
                let number = Int(truncatingIfNeeded: random.next()) >> Int(random.next() % 64)
                buffer.append(decimal: number)
                reference += Array("\(number)".utf8)
            }
            #expect(buffer.bytes == reference)
            #expect(buffer.count == reference.count && buffer.isEmpty == reference.isEmpty)
        }
    }

    @Test(arguments: [0, 1, -1, 9, 10, -10, 1_234_567_890, Int.max, Int.min])
    func writesDecimals(number: Int) {
        var buffer = ByteBuffer()
        buffer.append(decimal: number)
        #expect(buffer.text == "\(number)")
    }

    @Test func brokenTextIsRepairedNotRefused() {
        var buffer = ByteBuffer()
        buffer.append([0xFF, 0x41])
        #expect(buffer.text == "\u{FFFD}A")
    }

    @Test func clearingKeepsTheMemory() {
        var buffer = ByteBuffer(capacity: 10_000)
        buffer.append([UInt8](repeating: 1, count: 10_000))
        let capacity = buffer.bytes.capacity
        buffer.clear()
        #expect(buffer.bytes.capacity == capacity)
    }
}
