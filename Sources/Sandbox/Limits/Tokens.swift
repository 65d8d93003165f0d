/// The sandbox's own count of model tokens: the services that it imitates report none.
enum Tokens {
    /// One for every four characters (Unicode scalars) of the UTF-8 text that have begun.
    static func count(of text: Span<UInt8>) -> Int {
        var characters = 0
        for index in text.indices where text[index] & 0xC0 != 0x80 { characters += 1 }
        return (characters + 3) / 4
    }
}
