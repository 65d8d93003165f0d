/// In which order the rows of the data are used.
package enum DataOrder: String, CaseIterable, Sendable {
    /// As they stand in the file, and from the beginning again.
    case sequential
    /// Round after round, each in an order of its own that follows from the seed.
    case shuffled
    /// As they stand in the file, each once; the run ends with the last.
    case unique
}

/// Who gets a row of the data.
package enum DataScope: String, CaseIterable, Sendable {
    case conversation
    case user
}

/// The data of a run: a table, and who gets which of its rows.
///
/// A pure function of seed, ticket and user number: workers need not talk to each other.
package struct Feeder: Sendable {
    package let table: DataTable
    package let order: DataOrder
    package let per: DataScope
    private let seed: UInt64

    /// The rows of a table, one for every conversation or user.
    package init(table: DataTable, order: DataOrder, per: DataScope, seed: UInt64) {
        self.table = table
        self.order = order
        self.per = per
        self.seed = seed
    }

    /// The number of the row, from 0, that a conversation with this ticket gets when the user with
    /// this number plays it, both counted from 1; nil when there is none left.
    package func index(forTicket ticket: Int, user: Int) -> Int? {
        let place = max(per == .user ? user : ticket, 1) - 1
        switch order {
        case .sequential: return place % table.count
        case .unique: return place < table.count ? place : nil
        case .shuffled:
            let round = Permutation(
                of: table.count, seed: seed ^ Self.stream, index: UInt64(place / table.count))
            return round[place % table.count]
        }
    }

    /// The values of the columns for the run's first conversation, played by its first user.
    package var rowOfFirst: [String]? { index(forTicket: 1, user: 1).flatMap(table.row) }

    /// The most conversations there can be; nil for any number.
    package var conversationLimit: Int? {
        order == .unique && per == .conversation ? table.count : nil
    }

    /// The values of the columns for a conversation, as above.
    ///
    /// - Returns: a `script` failure when there is no row, or when the file has changed.
    func row(forTicket ticket: Int, user: Int) -> Result<[String], ExchangeFailure> {
        guard let index = index(forTicket: ticket, user: user) else {
            return .failure(ExchangeFailure(.script, "\(table.path) has no row left"))
        }
        guard let cells = table.row(at: index) else {
            return .failure(
                ExchangeFailure(
                    .script, "row \(index + 1) of \(table.path) cannot be read any more"))
        }
        return .success(cells)
    }

    /// Keeps the order of rows apart from that of scripts.
    private static let stream: UInt64 = 0x6665_6564_6572
}
