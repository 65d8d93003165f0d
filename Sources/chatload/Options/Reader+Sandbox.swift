import ChatloadKit
import Sandbox

extension Reader where Value == ServiceLimit {
    /// What the sandbox allows a credential in a period.
    static var limit: Reader {
        Reader { (text) throws(Refusal) in
            if let limit = ServiceLimit(parsing: text) { return limit }
            throw Refusal(
                "\(Printable.quoted(text)) is not a limit",
                hint: "write '60 requests/m' or '10000 tokens/h'; periods are s, m, h, d or 10s")
        }
    }
}

extension Reader where Value == Keyed<ServiceLimit>.Entry {
    /// A limit under its unit, so that requests and tokens can both be limited.
    static var limitByUnit: Reader {
        Reader { (text) throws(Refusal) in
            let limit = try Reader<ServiceLimit>.limit.read(text)
            return Keyed.Entry(key: limit.unit.rawValue, value: limit)
        }
    }

    /// `SERVICE=LIMIT` or `LIMIT`, under service and unit.
    static func limitByServiceAndUnit(known: [String]) -> Reader {
        let reader = ForService.reader(of: .limit, known: known)
        return Reader { (text) throws(Refusal) in
            var entry = try reader.read(text)
            entry.key += " " + entry.value.unit.rawValue
            return entry
        }
    }
}

extension Reader where Value == FaultRule {
    /// A fault of the sandbox, how often and where.
    static var fault: Reader {
        Reader { (text) throws(Refusal) in
            do throws(FaultRule.Complaint) {
                return try FaultRule(parsing: text)
            } catch {
                throw Refusal(error)
            }
        }
    }
}

extension Refusal {
    /// What a rule's complaint is in words, with a suggestion.
    fileprivate init(_ complaint: FaultRule.Complaint) {
        let part = Printable.quoted(complaint.part)
        if complaint.noun == "share" {
            self.init("\(part) is not a share", hint: "write reset:5% or reset:0.05")
        } else {
            let all =
                complaint.noun == "fault"
                ? "chatload serve --help lists them"
                : "there are say, poll, login, the names of calls, of services and of the counts"
            self.init(
                "unknown \(complaint.noun) \(part)",
                hint: Nearest.hint(for: complaint.part, among: complaint.known) ?? all)
        }
    }
}

extension Reader where Value == [Stall] {
    /// One stall, or several between commas.
    static var stalls: Reader {
        Reader { (text) throws(Refusal) in
            var stalls: [Stall] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let stall = Stall(parsing: String(part)) else {
                    throw Refusal(
                        "\(Printable.quoted(String(part))) is not a stall",
                        hint: "write AT:FOR, such as 30s:5s for five seconds from second 30 on")
                }
                stalls.append(stall)
            }
            return stalls
        }
    }
}

/// The status with which the imitated Tamako reports a missing parameter: nobody knows which.
enum TamakoMissing: String, CaseIterable, Sendable {
    case badRequest = "400"
    case ok = "200"

    var status: Int { self == .ok ? 200 : 400 }
}
