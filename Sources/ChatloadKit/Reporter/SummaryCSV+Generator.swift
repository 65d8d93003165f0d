/// What a summary says of the generator, its credentials and its quotas.
extension SummaryCSV {
    /// The grade first, so that nobody reads a figure before it.
    static func add(_ verdict: Verdict, to table: inout CSVTable) {
        table.add(["verdict", "", "generator", verdict.generator.rawValue, ""])
        for reason in verdict.reasons { table.add(["verdict", "", "reason", reason, ""]) }
        add(verdict.scheduleLag, metric: "schedule_lag", step: "", to: &table)
        add(verdict.loopLag, metric: "loop_lag", step: "", to: &table)
        add(verdict.readLate, metric: "read_late", step: "", to: &table)
        if let source = verdict.arrivalTimes {
            table.add(["generator", "", "arrival_times", source.rawValue, ""])
        }
        add(
            "generator", "",
            [
                ("busiest_worker", verdict.greatestLoad, ""),
                ("unstamped_responses", Double(verdict.unstampedResponses), ""),
                ("merged_reads", Double(verdict.mergedReads), ""),
                ("descriptors_exhausted", Double(verdict.exhaustion.descriptors), ""),
                ("ports_exhausted", Double(verdict.exhaustion.ports), ""),
                ("memory_exhausted", verdict.exhaustion.memory.map { Double($0) }, ""),
                ("threads_exhausted", verdict.exhaustion.threads.map { Double($0) }, ""),
                ("others_exhausted", verdict.exhaustion.others.map { Double($0) }, ""),
            ], to: &table)
        guard let schedule = verdict.schedule else { return }
        add(
            "schedule", "",
            [
                ("requested", schedule.requestedRate, "1/s"),
                ("achieved", schedule.achievedRate, "1/s"),
                ("started", Double(schedule.started), ""),
                ("dropped", Double(schedule.dropped), ""),
                ("missed", Double(schedule.missed), ""),
                ("waited", schedule.waited.map { Double($0) }, ""),
                ("backed_off", schedule.backedOffSeconds, "s"),
                ("gap_cv", schedule.variation, ""),
                ("wanted_users", schedule.wantedUsers.map { Double($0) }, ""),
                ("max_users", Double(schedule.maxUsers), ""),
                ("max_connected", Double(schedule.maxConnected), ""),
                ("reconnects", schedule.reconnects.map { Double($0) }, ""),
                ("repeated_requests", schedule.repeatedRequests.map { Double($0) }, ""),
            ], to: &table)
    }

    static func add(_ credential: CredentialResult, to table: inout CSVTable) {
        add(
            "credential", credential.label,
            [
                ("total", Double(credential.exchanges), ""),
                ("failed", Double(credential.failed), ""),
                ("rejected", Double(credential.rejected), ""),
                ("retries", Double(credential.retries), ""),
                ("throttled_time", credential.throttledSeconds, "s"),
                ("prompt_tokens", Double(credential.promptTokens), ""),
                ("reply_tokens", Double(credential.replyTokens), ""),
                ("p50", credential.p50, "ms"), ("p99", credential.p99, "ms"),
                ("out", credential.isOut ? 1 : 0, ""),
            ], to: &table)
        for (name, value) in credential.serviceLimits.sorted(by: { $0.key < $1.key }) {
            table.add(["credential", credential.label, name, value, ""])
        }
    }

    static func add(_ result: SLOResult, to table: inout CSVTable) {
        add(
            "slo", result.expression,
            [
                ("passed", result.passed ? 1 : 0, ""),
                ("value", result.value, result.unit == .count ? "" : result.unit.rawValue),
                ("samples", Double(result.samples), ""),
            ], to: &table)
        guard let windows = result.windows else { return }
        add(
            "slo", result.expression,
            [
                ("windows", Double(windows.judged), ""),
                ("windows_failed", Double(windows.failed), ""),
                ("worst_start", windows.worstStart, "s"),
            ], to: &table)
    }

    static func add(_ quota: QuotaResult, to table: inout CSVTable) {
        add(
            "quota", quota.expression,
            [
                ("used", Double(quota.used), ""), ("limit", Double(quota.limit), ""),
                ("throttled_time", quota.throttledSeconds, "s"),
                ("spent", Double(quota.spent), ""),
            ], to: &table)
    }

    /// Nothing where there was nothing to compare.
    static func add(_ drift: DriftFigures, to table: inout CSVTable) {
        if drift.compared + drift.missing == 0 { return }
        add(
            "drift", "",
            [
                ("compared", Double(drift.compared), ""), ("exact", Double(drift.exact), ""),
                ("equal_after_folding", Double(drift.equalAfterFolding), ""),
                ("changed", Double(drift.changed), ""), ("missing", Double(drift.missing), ""),
                ("cut", Double(drift.cut), ""), ("mean_distance", drift.meanDistance, ""),
                ("median_distance", drift.medianDistance, ""),
            ], to: &table)
    }

    private static func add(
        _ metric: String, _ name: String, _ rows: [(String, Double?, String)],
        to table: inout CSVTable
    ) {
        for (statistic, value, unit) in rows {
            table.add([metric, name, statistic, CSVTable.number(value), unit])
        }
    }
}
