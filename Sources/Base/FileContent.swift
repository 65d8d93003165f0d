/// Content of a file by its first bytes, whatever the file is called.
///
/// Everything that a person may have saved is looked at here first: editors put byte order marks in
/// front, shells write UTF-16, and what is packed or no text at all is told by what it is, not by the
/// first character that does not fit.
package enum FileContent: Equatable, Sendable {
    /// Text behind a byte order mark of so many bytes: UTF-8, or whatever its reader finds it to be.
    case text(mark: Int)
    /// UTF-16 behind a mark of so many bytes.
    case utf16(isLittleEndian: Bool, mark: Int)
    /// Packed with gzip (RFC 1952).
    case gzip
    /// What chatload does not read, in words with an article.
    case foreign(String)

    /// The bytes that are enough to tell.
    package static let head = 4_096

    /// Tells by the first bytes of a file.
    package init(_ bytes: Span<UInt8>) {
        let head = bytes.extracting(0..<min(bytes.count, Self.head))
        if head.begins(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if let known = Self.signatures.first(where: { head.begins(with: $0.bytes) }) {
            self = .foreign(known.words)
        } else if head.count > 262, head.extracting(257..<262).begins(with: Array("ustar".utf8)) {
            self = .foreign("a tar archive")
        } else if head.begins(with: [0xFF, 0xFE]) {
            self = .utf16(isLittleEndian: true, mark: 2)
        } else if head.begins(with: [0xFE, 0xFF]) {
            self = .utf16(isLittleEndian: false, mark: 2)
        } else if let isLittleEndian = Self.isLittleEndian(head) {
            self = .utf16(isLittleEndian: isLittleEndian, mark: 0)
        } else if Self.isBinary(head) {
            self = .foreign("no text: it is full of control characters")
        } else {
            self = .text(mark: head.begins(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        }
    }

    /// What files of other kinds begin with, by the registries of their formats; UTF-32 before
    /// UTF-16, which begins alike.
    private static let signatures: [(bytes: [UInt8], words: String)] = [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"),
        ([0x50, 0x4B, 3, 4], "a zip archive (or an .xlsx workbook)"),
        ([0x50, 0x4B, 5, 6], "an empty zip archive"),
        ([0x28, 0xB5, 0x2F, 0xFD], "packed with zstd"),
        ([0x42, 0x5A, 0x68, 0x31], "packed with bzip2"),
        ([0x42, 0x5A, 0x68, 0x39], "packed with bzip2"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "packed with xz"),
        ([0x04, 0x22, 0x4D, 0x18], "packed with lz4"), ([0x1F, 0x9D], "packed with compress"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive"),
        (Array("Rar!\u{1A}\u{7}".utf8), "a RAR archive"),
        (Array("%PDF-".utf8), "a PDF document"),
        ([0xD0, 0xCF, 0x11, 0xE0], "an old Office document"),
        (Array("{\\rtf".utf8), "an RTF document"),
        (Array("SQLite format 3".utf8), "an SQLite database"),
        (Array("PAR1".utf8), "a Parquet file"), (Array("ARROW1".utf8), "an Arrow file"),
        (Array("Obj\u{1}".utf8), "an Avro file"), ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"),
        ([0x89, 0x50, 0x4E, 0x47], "a PNG image"), ([0xFF, 0xD8, 0xFF], "a JPEG image"),
        (Array("GIF8".utf8), "a GIF image"), ([0x7F, 0x45, 0x4C, 0x46], "a program (ELF)"),
        (Array("<!DOCTYPE".utf8), "an HTML page"), (Array("<!doctype".utf8), "an HTML page"),
        (Array("<html".utf8), "an HTML page"), (Array("<?xml".utf8), "an XML document"),
        (Array("version https://git-lfs.".utf8), "a Git LFS pointer, not the file itself"),
    ]

    /// Whether text without a mark is UTF-16: every second byte of its beginning is zero, as in
    /// whatever begins with ASCII, and no other is. Nil if it is not.
    private static func isLittleEndian(_ head: Span<UInt8>) -> Bool? {
        let count = min(head.count, 64) / 2 * 2
        if count < 4 { return nil }
        let isZero = (0..<count).map { head[$0] == 0 }
        func are(_ first: Int, _ wanted: Bool) -> Bool {
            stride(from: first, to: count, by: 2).allSatisfy { isZero[$0] == wanted }
        }
        if are(1, true), are(0, false) { return true }
        if are(0, true), are(1, false) { return false }
        return nil
    }

    /// Whether more than one byte in 20 is a control character that no text has.
    private static func isBinary(_ head: Span<UInt8>) -> Bool {
        var controls = 0
        for index in 0..<head.count {
            switch head[index] {
            case 0x08...0x0D, 0x1B: continue
            case 0..<0x20, 0x7F: controls += 1
            default: continue
            }
        }
        return controls * 20 > head.count
    }
}

extension FileContent {
    /// Why a file that is `words` (with an article) cannot be read as text.
    package static func foreign(_ words: String) -> Fault {
        let isPacked = words.hasPrefix("packed") || words.contains("archive")
        return Fault(
            "this is \(words)",
            hint: isPacked
                ? "unpack it first"
                : words.hasPrefix("UTF-")
                    ? "save it as UTF-8, or convert it with iconv" : "name a file of text (UTF-8)")
    }

    /// The text of a small file as UTF-8 without a mark; UTF-16 is decoded.
    ///
    /// - Throws: what the file is instead.
    package static func text(of bytes: [UInt8]) throws(Fault) -> [UInt8] {
        switch FileContent(bytes.span) {
        case .text(let mark): return mark == 0 ? bytes : Array(bytes.dropFirst(mark))
        case .utf16(let isLittleEndian, let mark):
            var decoder = UTF16Decoder(isLittleEndian: isLittleEndian)
            var text: [UInt8] = []
            decoder.decode(bytes.span.extracting(mark..<bytes.count), into: &text)
            guard decoder.finish() else { throw Self.foreign("UTF-16 that breaks off") }
            return text
        case .gzip: throw Self.foreign("packed with gzip")
        case .foreign(let words): throw Self.foreign(words)
        }
    }
}

extension Span<UInt8> {
    fileprivate func begins(with wanted: [UInt8]) -> Bool {
        if count < wanted.count { return false }
        for (index, byte) in wanted.enumerated() where self[index] != byte { return false }
        return true
    }
}

/// Decoder of UTF-16 (RFC 2781) into UTF-8, from pieces cut anywhere. A surrogate without its other
/// half becomes U+FFFD, as everywhere in Unicode's own algorithms.
package struct UTF16Decoder {
    private let isLittleEndian: Bool
    private var half: UInt8?
    private var lead: UInt16?

    /// A decoder of this byte order.
    package init(isLittleEndian: Bool) { self.isLittleEndian = isLittleEndian }

    /// Appends what more bytes say.
    package mutating func decode(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        for index in 0..<bytes.count {
            guard let first = half else {
                half = bytes[index]
                continue
            }
            half = nil
            let (low, high) = isLittleEndian ? (first, bytes[index]) : (bytes[index], first)
            take(UInt16(high) << 8 | UInt16(low), into: &text)
        }
    }

    /// Whether the text was whole.
    package mutating func finish() -> Bool { half == nil && lead == nil }

    private mutating func take(_ unit: UInt16, into text: inout [UInt8]) {
        if let first = lead {
            lead = nil
            if (0xDC00...0xDFFF).contains(unit) {
                let code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
                append(Unicode.Scalar(code), to: &text)
                return
            }
            append(nil, to: &text)
        }
        if (0xD800...0xDBFF).contains(unit) {
            lead = unit
        } else {
            append(Unicode.Scalar(unit), to: &text)
        }
    }

    private func append(_ scalar: Unicode.Scalar?, to text: inout [UInt8]) {
        text.append(
            contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
    }
}
