import Networking

/// Where the conversations of a file are: the offset and the number of every line that is neither
/// blank nor a comment (`//` in front, perhaps after white space).
///
/// Twelve bytes a line, so a million conversations cost 12 MB however long they are. Where a line
/// ends is found again when it is read.
struct LineIndex: Sendable {
    /// Bytes between two signs of progress, and between two chances for the kernel to take memory
    /// back.
    static let stretch = 8 << 20

    private var offsets: [Int] = []
    private var numbers: [UInt32] = []

    /// The number of conversation lines.
    var count: Int { offsets.count }

    /// Reads through the whole file once.
    init(of file: MappedFile) {
        file.expect(sequentialReading: true)
        defer { file.expect(sequentialReading: false) }
        var start = Self.lengthOfMark(in: file)
        var number: UInt32 = 0
        var remembered = 0
        while start < file.count {
            let end = file.endOfLine(from: start)
            number = number == .max ? .max : number + 1
            let holdsScript = file.withBytes(in: start..<end) { Self.holdsScript($0) }
            if holdsScript {
                offsets.append(start)
                numbers.append(number)
            }
            start = end + 1
            if start - remembered >= Self.stretch {
                file.forget(remembered..<min(start, file.count))
                remembered = start
            }
        }
    }

    /// The offset of the n-th conversation line and its line number, both where they stand in the
    /// file; `index` must be below `count`.
    subscript(index: Int) -> (offset: Int, number: Int) { (offsets[index], Int(numbers[index])) }

    /// Three bytes when the file begins with a byte order mark.
    private static func lengthOfMark(in file: MappedFile) -> Int {
        file.withBytes(in: 0..<min(3, file.count)) { bytes in
            bytes.count == 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
        }
    }

    private static func holdsScript(_ line: Span<UInt8>) -> Bool {
        for index in 0..<line.count {
            switch line[index] {
            case 0x20, 0x09, 0x0D: continue
            case UInt8(ascii: "/"):
                return !(index + 1 < line.count && line[index + 1] == UInt8(ascii: "/"))
            default: return true
            }
        }
        return false
    }
}
