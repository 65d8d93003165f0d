import Glibc
import Networking

extension Spool {
    /// The text of an open file whose bytes cannot be used as they are: what comes through a pipe, is
    /// packed with gzip or is UTF-16 (which a table is not decoded of). Nil where they can.
    ///
    /// - Parameter progress: hears how many bytes of the text have come so far.
    /// - Throws: what the file is, if it is none that can be read.
    static func text(
        of source: Int32, isPlain: Bool, isTable: Bool, path: String, progress: ((Int) -> Void)?
    ) throws(ScriptComplaint) -> Spool? {
        var spool: Spool?
        do throws(ScriptComplaint) {
            if !isPlain {
                let copy = try Spool(path: path, progress: progress)
                spool = copy
                try copy.copy(source)
            }
            while let next = try decoded(
                spool?.descriptor ?? source, isTable: isTable, path: path, progress)
            {
                spool?.close()
                spool = next
            }
            return spool
        } catch {
            spool?.close()
            throw error
        }
    }

    /// One layer taken off; nil where there is none.
    private static func decoded(
        _ descriptor: Int32, isTable: Bool, path: String, _ progress: ((Int) -> Void)?
    ) throws(ScriptComplaint) -> Spool? {
        let head = [UInt8](unsafeUninitializedCapacity: FileContent.head) { room, used in
            used = max(0, pread(descriptor, room.baseAddress, room.count, 0))
        }
        let content = FileContent(head.span)
        switch content {
        case .text: return nil
        case .foreign(let words): throw complaint(path, ForeignContent(words))
        case .utf16 where isTable: throw complaint(path, ForeignContent("UTF-16"))
        case .gzip, .utf16: break
        }
        let spool = try Spool(path: path, progress: progress)
        do throws(ScriptComplaint) {
            if case .utf16(let isLittleEndian, let mark) = content {
                lseek(descriptor, mark, SEEK_SET)
                try spool.decode(descriptor, UTF16Decoder(isLittleEndian: isLittleEndian))
            } else {
                lseek(descriptor, 0, SEEK_SET)
                try spool.unzip(descriptor)
            }
        } catch {
            spool.close()
            throw error
        }
        return spool
    }

    private static func complaint(_ path: String, _ foreign: ForeignContent) -> ScriptComplaint {
        ScriptComplaint(file: path, message: foreign.message, suggestion: foreign.suggestion)
    }

    /// Takes over what is left of a file of UTF-16.
    private func decode(
        _ source: Int32, _ decoder: UTF16Decoder
    ) throws(ScriptComplaint) {
        var decoder = decoder
        var text: [UInt8] = []
        try read(source) { bytes throws(ScriptComplaint) in
            text.removeAll(keepingCapacity: true)
            decoder.decode(bytes.span, into: &text)
            try append(text, count: text.count)
        }
        if !decoder.finish() {
            throw ScriptComplaint(
                file: path, message: "this is UTF-16 that breaks off in a character",
                suggestion: "save it as UTF-8, or check that it is whole")
        }
    }
}
