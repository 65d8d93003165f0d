import Networking

/// The names that HTML has for characters (HTML Standard §13.5), as far as they stand for what
/// secrets are made of: punctuation of ASCII, and Latin 1.
enum HTMLEntities {
    private static let longestName = 16

    /// The character named by what follows a `&`, and how many bytes that is.
    static func named(at start: Int, in bytes: Span<UInt8>) -> (length: Int, value: UInt32)? {
        var end = start
        while end < bytes.count, end - start < longestName, bytes[end].isASCIILetterOrDigit {
            end += 1
        }
        if end == start { return nil }
        let name = bytes.extracting(start..<end).withUnsafeBufferPointer {
            String(decoding: $0, as: UTF8.self)
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: ";") {
            return values[name].map { (end + 1 - start, $0) }
        }
        // These are read without a semicolon too, whatever follows.
        let oldest = ["amp", "AMP", "lt", "LT", "gt", "GT", "quot", "QUOT"]
        guard let old = oldest.first(where: name.hasPrefix), let value = values[old] else {
            return nil
        }
        return (old.utf8.count, value)
    }

    private static let values: [String: UInt32] = {
        let punctuation: [(String, String)] = [
            ("&", "amp AMP"), ("<", "lt LT"), (">", "gt GT"), ("\"", "quot QUOT"), ("'", "apos"),
            ("!", "excl"), ("#", "num"), ("$", "dollar"), ("%", "percnt"), ("(", "lpar"),
            (")", "rpar"), ("*", "ast midast"), ("+", "plus"), (",", "comma"), (".", "period"),
            ("/", "sol"), (":", "colon"), (";", "semi"), ("=", "equals"), ("?", "quest"),
            ("@", "commat"), ("[", "lsqb lbrack"), ("\\", "bsol"), ("]", "rsqb rbrack"),
            ("^", "Hat"), ("_", "lowbar UnderBar"), ("`", "grave DiacriticalGrave"),
            ("{", "lcub lbrace"), ("|", "verbar vert VerticalLine"), ("}", "rcub rbrace"),
            ("\t", "Tab"), ("\n", "NewLine"), ("-", "hyphen dash"),
        ]
        // U+00A0 to U+00FF, in their order.
        let latin = """
            nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg \
            plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 \
            iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml \
            Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash \
            Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring \
            aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve \
            oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
            """
        var values: [String: UInt32] = [:]
        for (character, names) in punctuation {
            for name in names.split(separator: " ") {
                values[String(name)] = character.unicodeScalars.first?.value
            }
        }
        for (place, name) in latin.split(separator: " ").enumerated() {
            values[String(name)] = 0xA0 + UInt32(place)
        }
        return values
    }()
}
