/// Reading a message that came in pieces and was copied together.
extension ResponseParser {
    mutating func feedStored() throws(HTTPError) -> Bool {
        while phase == .head {
            guard headIsComplete() else {
                try checkIncompleteHead()
                return false
            }
            guard let reader = try readHead(stored.span, from: 0) else { return false }
            if reader.hasFolds {
                HeadReader.unfold(&stored, before: reader.end)
                continue
            }
            let end = take(reader)
            searched = 0
            if head.status < 200 && head.status != 101 {
                try countInterim()
                stored.removeFirst(end)
                if stored.isEmpty { return false }
                continue
            }
            headPlace = .stored(0..<end)
            phase = .body
            if framing == .chunked {
                let rest = Array(stored[end...])
                stored.removeLast(rest.count)
                return try feedChunks(rest.span, from: 0)
            }
        }
        return try checkStoredBody()
    }

    private mutating func checkStoredBody() throws(HTTPError) -> Bool {
        let start = bodyStart
        switch framing {
        case .none:
            return finish(.stored(start..<start), surplus: stored.count > start)
        case .length(let length):
            try checkBody(length)
            guard stored.count - start >= length else { return false }
            return finish(.stored(start..<start + length), surplus: stored.count - start > length)
        case .untilClose:
            try checkBody(stored.count - start)
            return false
        case .chunked:
            return false
        }
    }

    /// Whether an empty line has been stored; looks at every byte once.
    private mutating func headIsComplete() -> Bool {
        while let end = HeadReader.lineEnd(stored.span, from: searched) {
            let before = end > 0 && stored[end - 1] == UInt8(ascii: "\r") ? end - 2 : end - 1
            if before >= 0, stored[before] == UInt8(ascii: "\n") { return true }
            searched = end + 1
        }
        return false
    }

    var bodyStart: Int {
        if case .stored(let range) = headPlace { return range.upperBound }
        return 0
    }
}
