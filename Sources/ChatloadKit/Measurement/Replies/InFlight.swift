/// A conversation that was under way when a part of the run ended.
package struct InFlight: Codable, Equatable, Sendable {
    /// The part of the run, from 1.
    package var part: Int
    /// The conversation as in `exchanges.csv`: the script's id and the ticket.
    package var conversation: String
    /// The turn, from 1, that was about to be sent last: it may or may not have arrived. Those before
    /// it have been sent.
    package var turn: Int
}

/// The content of `in_flight.json`.
struct InFlightList: Codable, Equatable {
    var schema = "chatload.in_flight/1"
    var conversations: [InFlight]
}
