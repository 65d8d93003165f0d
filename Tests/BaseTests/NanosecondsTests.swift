import Base
import Testing

/// Arithmetic is that of the integers, cut to what 64 bits hold; 128 bits serve as the reference.
@Suite struct NanosecondsTests {
    private static let edges: [Int64] = [
        .min, .min + 1, -1_000_000_000, -2, -1, 0, 1, 2, 1_000_000_000, .max - 1, .max,
    ]

    @Test func arithmeticSaturates() {
        var random = SeededRandom(seed: 7)
        var values = Self.edges
        for _ in 0..<200 {
            values.append(Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
        }
        for left in values {
            for right in values {
                let (one, other) = (Int128(left), Int128(right))
                #expect((Nanoseconds(left) + Nanoseconds(right)).count == Self.cut(one + other))
                #expect((Nanoseconds(left) - Nanoseconds(right)).count == Self.cut(one - other))
                #expect((Nanoseconds(left) * right).count == Self.cut(one * other))
            }
        }
    }

    @Test(
        arguments: [
            (0.0, 0), (1.5, 1_500_000_000), (-2, -2_000_000_000), (1e-9, 1), (4e-10, 0),
            (.nan, 0), (.infinity, .max), (-.infinity, .min), (1e300, .max), (9.3e9, .max),
            (-9.3e9, .min), (.leastNonzeroMagnitude, 0),
        ] as [(Double, Int64)])
    func secondsSaturate(seconds: Double, expected: Int64) {
        #expect(Nanoseconds(seconds: seconds).count == expected)
    }

    @Test func unitsAgree() {
        #expect(Nanoseconds.seconds(2) == .milliseconds(2_000))
        #expect(Nanoseconds.milliseconds(2) == .microseconds(2_000))
        #expect(Nanoseconds.seconds(.max) == .never)
        #expect(Nanoseconds.milliseconds(1_500).seconds == 1.5)
        #expect(Nanoseconds.microseconds(1_500).milliseconds == 1.5)
    }

    private static func cut(_ exact: Int128) -> Int64 { Int64(clamping: exact) }
}
