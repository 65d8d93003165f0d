import LinuxSystem

extension Span<UInt8> {
    /// Where `needle` first stands among these bytes; an empty one stands at the beginning. Takes time
    /// linear in both lengths, whatever they hold.
    package func firstRange(of needle: Span<UInt8>) -> Range<Int>? {
        guard !needle.isEmpty else { return 0..<0 }
        return withUnsafeBytes { hay in
            needle.withUnsafeBytes { wanted in
                guard let start = hay.baseAddress, let first = wanted.baseAddress,
                    let found = memmem(start, hay.count, first, wanted.count)
                else { return nil }
                let offset = UnsafeRawPointer(found) - start
                return offset..<offset + wanted.count
            }
        }
    }
}
