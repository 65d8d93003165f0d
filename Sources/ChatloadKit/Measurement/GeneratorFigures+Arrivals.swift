/// Where the times of what was received come from.
package enum ArrivalSource: String, Codable, Sendable {
    /// The kernel's stamps: times do not depend on when this process read.
    case kernel
    /// The readings themselves: a late loop lengthens them.
    case reading
}

extension GeneratorFigures {
    /// Reads `generator.json`; what an older version did not write yet keeps its default.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        schema = try container.decode(String.self, forKey: .schema)
        schedule = try container.decodeIfPresent(ScheduleFigures.self, forKey: .schedule)
        loopLag = try container.decode(Histogram.self, forKey: .loopLag)
        stalls = try container.decodeIfPresent(LoopStalls.self, forKey: .stalls) ?? stalls
        workers = try container.decode([WorkerLoad].self, forKey: .workers)
        quotas = try container.decode([QuotaResult].self, forKey: .quotas)
        credentials = try container.decode([CredentialResult].self, forKey: .credentials)
        loadEnd = try container.decodeIfPresent(Int64.self, forKey: .loadEnd)
        readLate = try container.decodeIfPresent(Histogram.self, forKey: .readLate) ?? readLate
        unstampedResponses =
            try container.decodeIfPresent(Int.self, forKey: .unstampedResponses) ?? 0
        mergedReads = try container.decodeIfPresent(Int.self, forKey: .mergedReads) ?? 0
    }

    /// Where the times of what was received come from: the kernel where it stamped any of it; nil
    /// where nothing was, or nobody took note.
    package var arrivalTimes: ArrivalSource? {
        if readLate.count > 0 { return .kernel }
        return unstampedResponses > 0 ? .reading : nil
    }

    /// Whether no time of what was received depends on when it was read.
    var readsExactly: Bool { arrivalTimes == .kernel && unstampedResponses == 0 }

    /// Counts how a response was read. Called for every exchange, also by whoever reads them from a
    /// log, which does not say it.
    @inline(__always)
    mutating func add(_ exchange: borrowing Exchange) {
        switch exchange.reading {
        case .unknown: break
        case .unstamped: unstampedResponses &+= 1
        case .late(let span, let merged):
            readLate.record(span)
            mergedReads &+= merged
        }
    }
}
