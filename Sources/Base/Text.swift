/// Text on a terminal: columns, padding, wrapping, and characters that must not act.
package enum TextLayout {
    /// The columns that every report has.
    package static let width = 80

    /// The columns beyond which a report only becomes harder to read.
    package static let widest = 140

    /// The columns a text takes: two for wide scalars, none for marks that combine.
    package static func columns(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// A text with spaces before it up to `columns`.
    package static func right(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - self.columns(of: text))) + text
    }

    /// A text with spaces after it up to `columns`; a longer one is cut and ends in `…`.
    package static func left(_ text: String, _ columns: Int) -> String {
        let text = cut(text, columns)
        return text + String(repeating: " ", count: max(0, columns - self.columns(of: text)))
    }

    /// As much of a text as fits.
    package static func cut(_ text: String, _ columns: Int) -> String {
        if self.columns(of: text) <= columns { return text }
        var kept = String.UnicodeScalarView()
        var used = 1
        for scalar in text.unicodeScalars {
            used += self.columns(of: scalar)
            if used > columns { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }

    /// A text broken at spaces, and within words longer than a line, into lines of at most `columns`.
    package static func wrap(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ") {
            let length = self.columns(of: String(word))
            if used > 0, used + 1 + length > columns {
                lines.append(line)
                (line, used) = ("", 0)
            }
            if used > 0 {
                line += " "
                used += 1
            }
            for scalar in word.unicodeScalars {
                let step = self.columns(of: scalar)
                if used + step > columns {
                    lines.append(line)
                    (line, used) = ("", 0)
                }
                line.unicodeScalars.append(scalar)
                used += step
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// A text broken where a line is full, after a space if there is one in the line's second half;
    /// nothing is left out. At least one line.
    package static func fold(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line: [Unicode.Scalar] = []
        var used = 0
        for scalar in text.unicodeScalars {
            let step = self.columns(of: scalar)
            if used + step > columns {
                let space = line.lastIndex(of: " ") ?? 0
                let end = space > line.count / 2 ? space + 1 : line.count
                lines.append(String(String.UnicodeScalarView(line[..<end])))
                line.removeFirst(end)
                used = line.reduce(0) { $0 + self.columns(of: $1) }
            }
            line.append(scalar)
            used += step
        }
        return lines + [String(String.UnicodeScalarView(line))]
    }

    /// A text in which everything that would act on a terminal, or hide, is written out.
    package static func visible(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if acts(scalar) {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    private static func acts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    /// Unicode's East Asian Width, by its large blocks of wide characters (UAX #11).
    private static func columns(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x231A...0x231B, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F000...0x1FAFF, 0x20000...0x3FFFD, 0x2600...0x27BF:
            return 2
        default: return 1
        }
    }
}

/// Text from outside, made safe for one line of a terminal.
package enum Printable {
    /// `text` with control characters replaced and the end cut off beyond `limit` characters.
    package static func line(_ text: String, limit: Int = 400) -> String {
        var shown = ""
        for (place, character) in text.enumerated() {
            if place == limit { return shown + "…" }
            let isControl = character.unicodeScalars.contains { scalar in
                scalar.properties.generalCategory == .control
                    || scalar.properties.generalCategory == .format
            }
            shown.append(isControl ? "·" : character)
        }
        return shown
    }

    /// `text` between quotation marks, for use within a sentence.
    package static func quoted(_ text: String) -> String { "'" + line(text, limit: 60) + "'" }
}

/// Counting characters without making them: a UTF-8 byte begins a scalar unless its upper bits are 10.
extension ByteBuffer {
    /// The number of Unicode scalars, taking the content as UTF-8.
    package var scalarCount: Int { bytes.withUnsafeBufferPointer(scalars) }
}

extension String {
    /// The number of Unicode scalars, counted over the text's UTF-8.
    package var scalarCount: Int {
        utf8.withContiguousStorageIfAvailable(scalars) ?? unicodeScalars.count
    }
}

/// Looks at eight bytes at a time: of a byte that continues a scalar bit 7 is set and bit 6 is not.
private func scalars(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var continuing = 0
    var index = 0
    while index &+ 8 <= raw.count {
        let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        continuing &+= (word & ~(word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
        index &+= 8
    }
    while index < raw.count {
        if raw[index] & 0xC0 == 0x80 { continuing &+= 1 }
        index &+= 1
    }
    return raw.count &- continuing
}

/// Counting words the same way: a word begins where a byte that is not white space follows one that
/// is, white space being that of ASCII.
extension ByteBuffer {
    /// The number of words between white space.
    package var wordCount: Int { bytes.withUnsafeBufferPointer(words) }
}

extension String {
    /// The number of words between white space.
    package var wordCount: Int {
        utf8.withContiguousStorageIfAvailable(words) ?? split(whereSeparator: \.isWhitespace).count
    }
}

private func words(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    var isInside = false
    for byte in bytes {
        let isBlank = byte == 0x20 || (0x09...0x0D).contains(byte)
        if !isBlank, !isInside { count += 1 }
        isInside = !isBlank
    }
    return count
}

/// The name among `candidates` that a mistyped `name` most probably meant; nil when none is near.
///
/// Near means: at most a third of the letters (at least one) inserted, left out, replaced or
/// swapped with their neighbour. Case does not count. The first of equally near ones wins.
package func nearestName(to name: String, among candidates: [String]) -> String? {
    let typed = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let letters = Array(candidate.lowercased())
        let distance = editDistance(typed, letters)
        let limit = max(1, max(typed.count, letters.count) / 3)
        if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// The optimal string alignment distance: edits and swaps of neighbours, no part edited twice.
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            let replaced = last[column] + (letter == other ? 0 : 1)
            var cost = min(replaced, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element is behind a border, by halving; the end where none is. All
    /// elements that are must stand behind all that are not.
    @inlinable public func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Names as a list in words: `a, b or c`.
package func listed(_ names: [String], _ conjunction: String) -> String {
    let others = names.dropLast().joined(separator: ", ")
    return [others, names.last ?? ""].filter { !$0.isEmpty }.joined(separator: " \(conjunction) ")
}

/// A number of at least zero with a leading zero where it has one digit.
package func twoDigits(_ number: some BinaryInteger) -> String {
    number < 10 ? "0\(number)" : "\(number)"
}
