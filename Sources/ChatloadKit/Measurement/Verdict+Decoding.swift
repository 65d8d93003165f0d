extension Verdict {
    enum CodingKeys: String, CodingKey {
        case generator, load, reasons, findings
        case scheduleLag = "schedule_lag_ms"
        case loopLag = "loop_lag_ms"
        case readLate = "read_late_ms"
        case arrivalTimes = "arrival_times"
        case unstampedResponses = "unstamped_responses"
        case mergedReads = "merged_reads"
        case lateFigures = "late_figures"
        case stalls, workers, exhaustion, schedule
    }

    /// Writes everything, the findings also in words.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(generator, forKey: .generator)
        try container.encode(load, forKey: .load)
        try container.encode(reasons, forKey: .reasons)
        try container.encode(findings, forKey: .findings)
        try container.encode(scheduleLag, forKey: .scheduleLag)
        try container.encode(loopLag, forKey: .loopLag)
        try container.encode(readLate, forKey: .readLate)
        try container.encodeIfPresent(arrivalTimes, forKey: .arrivalTimes)
        try container.encode(unstampedResponses, forKey: .unstampedResponses)
        try container.encode(mergedReads, forKey: .mergedReads)
        try container.encode(lateFigures, forKey: .lateFigures)
        try container.encode(stalls, forKey: .stalls)
        try container.encode(workers, forKey: .workers)
        try container.encode(exhaustion, forKey: .exhaustion)
        try container.encodeIfPresent(schedule, forKey: .schedule)
    }

    /// Reads a summary's verdict; what an older version did not write yet keeps its default, and its
    /// reasons were words alone.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, or other: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? other
        }
        self.init()
        generator = try container.decode(Grade.self, forKey: .generator)
        load = try container.decodeIfPresent(Load.self, forKey: .load)
        let words = try container.decode([String].self, forKey: .reasons)
        findings = try value(.findings, or: words.map { VerdictFinding(.untold, generator, $0) })
        scheduleLag = try container.decode(Distribution.self, forKey: .scheduleLag)
        loopLag = try container.decode(Distribution.self, forKey: .loopLag)
        readLate = try value(.readLate, or: readLate)
        arrivalTimes = try container.decodeIfPresent(ArrivalSource.self, forKey: .arrivalTimes)
        unstampedResponses = try value(.unstampedResponses, or: unstampedResponses)
        mergedReads = try value(.mergedReads, or: mergedReads)
        lateFigures = try value(.lateFigures, or: lateFigures)
        stalls = try value(.stalls, or: stalls)
        workers = try container.decode([WorkerLoad].self, forKey: .workers)
        exhaustion = try container.decode(Exhaustion.self, forKey: .exhaustion)
        schedule = try container.decodeIfPresent(ScheduleFigures.self, forKey: .schedule)
    }
}
