import Networking

extension Reviewer {
    /// Takes a conversation of a trace of sizes into account without making its prompts: a single
    /// row of such a trace may stand for more text than a thousand rows have.
    mutating func read(
        _ outline: SizedOutline, number: Int, of source: Workload.Source
    ) {
        let start = outline.start.map { $0 - source.reader.epoch }
        let objection = prompts.objection(
            to: outline.longest.tokens, service, source.reader.prompts,
            isTold: review.complaints.count < WorkloadReview.mostComplaints)
        if let objection {
            let message = "turn \(outline.longest.turn): \(objection)"
            review.add(source.complaint(message, about: number), about: read)
        }
        checkTimes(start: start, lacksTurn: outline.untimed > 0, of: number, in: source)
        if !review.rejected.contains(read) {
            count(outline)
            countTimes(start: start, untimedTurns: outline.untimed)
        }
        read += 1
    }

    private mutating func count(_ outline: SizedOutline) {
        var tally = WorkloadTally()
        tally.conversations = 1
        tally.turns = outline.turns
        tally.says = outline.turns
        tally.fewestExchanges = outline.turns * saying.lowerBound
        tally.mostExchanges = outline.turns * saying.upperBound
        tally.promptTokens = tokens == .reported ? 0 : outline.tokens
        tally.think = outline.think
        review.omissions.add(.failedRequest, outline.failed)
        count(tally, weight: 1)
    }
}
