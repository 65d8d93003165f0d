import Base
import ChatloadKit
import Networking

/// Makes the run's feeder of the settings.
struct DataBuilder {
    let settings: RunSettings

    /// The table of `--data`; nil without it.
    func table() throws(Fault) -> DataTable? {
        guard let path = settings.data else {
            if settings.dataOrder == nil, settings.dataScope == nil { return nil }
            throw Fault(
                "needs data",
                at: .flag(settings.dataOrder == nil ? "--data-per" : "--data-order"),
                hint: "name a file of rows: --data FILE")
        }
        do {
            return try DataTable.open(path)
        } catch {
            throw error
        }
    }

    /// The feeder of a plan with this seed, load and order of play; nil without a table.
    func feeder(
        of table: DataTable?, seed: UInt64, _ load: LoadShape, _ order: PlayOrder
    ) throws(Fault) -> Feeder? {
        guard let table else { return nil }
        let feeder = Feeder(
            table: table, order: settings.dataOrder ?? .sequential,
            per: settings.dataScope ?? .conversation, seed: seed)
        guard feeder.order == .unique else { return feeder }
        if feeder.per == .user {
            guard load.arrivals == nil else {
                throw Fault(
                    "unique rows for users need a fixed number of users", at: .flag("--data-order"),
                    hint: "leave out --rate, or use --data-per conversation")
            }
            try check(load.users, "users", of: table)
        } else if let count = order.count {
            try check(count, "conversations", of: table)
        }
        return feeder
    }

    private func check(
        _ wanted: Int, _ what: String, of table: DataTable
    ) throws(Fault) {
        guard wanted > table.count else { return }
        throw Fault(
            "\(Figures.count(wanted)) \(what) want a row each and \(table.path) has"
                + " \(Figures.count(table.count))", at: .flag("--data-order"),
            hint: "give fewer \(what) or more rows, or let rows repeat: --data-order sequential")
    }
}

extension Feeder {
    /// What rows there are and who gets them, in words.
    var inWords: String {
        let rows = "\(Figures.count(table.count)) row\(table.count == 1 ? "" : "s")"
        let names = table.columns.prefix(12).joined(separator: ", ")
        let manner =
            switch order {
            case .sequential: "in the file's order, again and again"
            case .shuffled: "shuffled, again and again"
            case .unique: "each once"
            }
        return "\(table.path): \(rows) of \(names)\(table.columns.count > 12 ? ", …" : "")\n"
            + "one for each \(per.rawValue), \(manner)"
    }
}
