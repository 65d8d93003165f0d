extension Verdict {
    /// Reads a summary's verdict; what an older version did not write yet keeps its default.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, or other: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? other
        }
        self.init()
        generator = try container.decode(Grade.self, forKey: .generator)
        reasons = try container.decode([String].self, forKey: .reasons)
        scheduleLag = try container.decode(Distribution.self, forKey: .scheduleLag)
        loopLag = try container.decode(Distribution.self, forKey: .loopLag)
        readLate = try value(.readLate, or: readLate)
        arrivalTimes = try container.decodeIfPresent(ArrivalSource.self, forKey: .arrivalTimes)
        unstampedResponses = try value(.unstampedResponses, or: unstampedResponses)
        mergedReads = try value(.mergedReads, or: mergedReads)
        workers = try container.decode([WorkerLoad].self, forKey: .workers)
        exhaustion = try container.decode(Exhaustion.self, forKey: .exhaustion)
        schedule = try container.decodeIfPresent(ScheduleFigures.self, forKey: .schedule)
    }
}
