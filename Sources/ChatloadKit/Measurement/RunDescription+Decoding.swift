extension RunDescription {
    /// Reads `run.json`: `schema` and `name` must be there, and what an older version did not write
    /// yet keeps its default.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, or other: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? other
        }
        self.init(name: try container.decode(String.self, forKey: .name))
        schema = try container.decode(String.self, forKey: .schema)
        command = try value(.command, or: command)
        started = try value(.started, or: started)
        service = try value(.service, or: service)
        target = try value(.target, or: target)
        proxy = try container.decodeIfPresent(String.self, forKey: .proxy)
        workloads = try value(.workloads, or: workloads)
        users = try value(.users, or: users)
        seed = try value(.seed, or: seed)
        shard = try value(.shard, or: shard)
        planHash = try value(.planHash, or: planHash)
        digests = try value(.digests, or: digests)
        conversations = try container.decodeIfPresent(Int.self, forKey: .conversations)
        rejected = try value(.rejected, or: rejected)
        parts = try value(.parts, or: parts)
        phases = try container.decodeIfPresent(LoadPhases.self, forKey: .phases)
        ended = try container.decodeIfPresent(RunEnd.self, forKey: .ended)
        arrivalTimes = try container.decodeIfPresent(ArrivalSource.self, forKey: .arrivalTimes)
        brokenSLO = try container.decodeIfPresent(String.self, forKey: .brokenSLO)
        changedInput = try container.decodeIfPresent(String.self, forKey: .changedInput)
        expectedSteps = try value(.expectedSteps, or: expectedSteps)
        logMode = try value(.logMode, or: logMode)
        settings = try value(.settings, or: settings)
        labels = try value(.labels, or: labels)
        versions = try value(.versions, or: versions)
        machine = try value(.machine, or: machine)
        mergedRuns = try value(.mergedRuns, or: mergedRuns)
    }
}
