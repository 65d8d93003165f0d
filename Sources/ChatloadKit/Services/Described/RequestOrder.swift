/// Order of a described service's requests: when each is sent, and so which values that replies give
/// are there by then.
struct RequestOrder {
    /// The names of the requests, in the order of the file.
    var names: [String] = []
    /// By capture, in the order in which their names first stand in the file: the requests whose
    /// replies give it.
    var capturers: [[Int]] = []
    /// The requests of a turn.
    var say: [Int] = []
    /// The requests before the first turn.
    var session: [(request: Int, isPerUser: Bool)] = []
    /// The requests that a script may call.
    var calls: [Int] = []
    /// The request that renews what others have given.
    var renewal: Int?
    /// Whether what is said goes over a socket.
    var isSocket = false

    /// Whether a request is sent at all.
    func isSent(_ request: Int) -> Bool {
        say.contains(request) || calls.contains(request) || renewal == request
            || session.contains { $0.request == request }
    }

    /// Whether a request is sent in turns, and never else.
    func isOfTurns(_ request: Int) -> Bool {
        (say.contains(request) || calls.contains(request)) && renewal != request
            && !session.contains { $0.request == request }
    }

    /// Whether a request only says something: then there is a text.
    func isOfSaying(_ request: Int) -> Bool {
        isOfTurns(request) && say.contains(request) && !calls.contains(request)
    }

    /// Why what a reply gives has no value when a request is sent, or may never have one; nil when it
    /// has. Without a request, it is one that every other is sent with.
    ///
    /// - Parameter isNeeded: whether it must have one each time.
    func objection(toCapture capture: Int, in request: Int?, isNeeded: Bool) -> String? {
        let givers = capturers[capture]
        guard let first = givers.first else { return nil }
        let giver = "captured by \"\(names[first])\""
        if !givers.contains(where: isSent), !isSocket {
            return "\(giver), which is not in \"session\""
        }
        guard isNeeded, let request else { return nil }
        if let place = session.firstIndex(where: { $0.request == request }) {
            let before = session.prefix(place).filter { $0.isPerUser || !session[place].isPerUser }
            if before.contains(where: { givers.contains($0.request) }) { return nil }
            return giver + (givers == [request] ? " itself" : ", which comes later")
        }
        if session.contains(where: { givers.contains($0.request) }) { return nil }
        guard let place = say.firstIndex(of: request) else {
            return isSent(request) ? "\(giver), which is not in \"session\"" : nil
        }
        if say.prefix(place).contains(where: givers.contains) {
            // A script may also call it by itself.
            return calls.contains(request) ? "\(giver), which a call does not send first" : nil
        }
        if givers == [request] { return "\(giver) itself" }
        return say.contains(where: givers.contains)
            ? "\(giver), which comes later" : "\(giver), which is not in \"session\""
    }
}
