import Networking

/// HMAC-SHA-256 (RFC 2104) under one key, whose two padded blocks are hashed once.
struct HMAC {
    private var inner = SHA256()
    private var outer = SHA256()

    init(key: [UInt8]) {
        var block = key.count > 64 ? SHA256.hash(key) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        inner.update(block.map { $0 ^ 0x36 })
        outer.update(block.map { $0 ^ 0x5c })
    }

    /// The code of `message`.
    func code(of message: [UInt8]) -> [UInt8] {
        var inside = inner
        inside.update(message)
        var outside = outer
        outside.update(inside.finish())
        return outside.finish()
    }
}

/// Comparison whose duration tells nothing of where two secrets differ.
enum ConstantTime {
    /// Whether the two are equal. Takes as long as the longer of the two is.
    static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        var difference = UInt64(bitPattern: Int64(left.count ^ right.count))
        for index in 0..<max(left.count, right.count) {
            let leftByte = index < left.count ? left[index] : 0
            let rightByte = index < right.count ? right[index] : 0
            difference |= UInt64(leftByte ^ rightByte)
        }
        return difference == 0
    }
}
