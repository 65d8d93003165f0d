import ChatloadKit

/// Makes the policy for retries of the settings.
struct RetryBuilder {
    let settings: RunSettings

    /// The policy.
    func policy() throws(Complaint) -> RetryPolicy {
        let isOff = settings.retries == 0
        if isOff, settings.retryDelay != nil || settings.retriesUnsafe {
            throw Complaint(
                "says how to retry, and nothing is retried",
                at: .flag(settings.retriesUnsafe ? "--retry-unsafe" : "--retry-delay"),
                hint: "add how often: --retry 3")
        }
        let usual = RetryPolicy()
        return RetryPolicy(
            most: settings.retries, delay: settings.retryDelay ?? usual.delay,
            repeatsUnsafe: settings.retriesUnsafe)
    }
}
