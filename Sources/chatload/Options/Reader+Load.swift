import Base
import ChatloadKit
import Networking
import Sandbox

extension Reader where Value == Double {
    /// Events per second: `50`, `50/s`, `300/m`.
    static var rate: Reader {
        Reader { (text) throws(Fault) in
            guard let rate = Units.parseRate(text) else {
                throw Fault(
                    "\(Printable.quoted(text)) is not a rate",
                    hint: "write 50, 50/s, 300/m or 100/10s; a bare number is per second")
            }
            if rate <= 1_000_000 { return rate }
            throw Fault("\(Printable.quoted(text)) is out of range", hint: "at most 1000000/s")
        }
    }

    /// How many times as fast: `2x`, `0.5x`, `60`.
    static var speed: Reader {
        Reader { (text) throws(Fault) in
            let number = text.last == "x" ? text.dropLast() : text[...]
            if let speed = Units.parseNumber(String(number)), speed >= 1e-6, speed <= 1e9 {
                return speed
            }
            throw Fault(
                "\(Printable.quoted(text)) is not a speed",
                hint: "write 1x for as it was, 60x for an hour in a minute, 0.5x for half as fast")
        }
    }

    /// The shape of gamma-distributed gaps.
    static var burstiness: Reader {
        Reader { (text) throws(Fault) in
            if let shape = Units.parseNumber(text), shape >= 0.01, shape <= 1_000 { return shape }
            throw Fault(
                "\(Printable.quoted(text)) is not a burstiness",
                hint: "a number from 0.01 to 1000: 1 is Poisson, less is burstier")
        }
    }
}

extension Reader where Value == StageSetting {
    /// `T:N`: within this time to this level.
    static var stage: Reader {
        Reader { (text) throws(Fault) in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let length = Units.parseDuration(String(parts[0])),
                let level = Units.parseRate(String(parts[1])), level <= 1_000_000
            else {
                throw Fault(
                    "\(Printable.quoted(text)) is not a stage",
                    hint: "write TIME:LEVEL, such as 30s:50; a time of 0 jumps")
            }
            return StageSetting(length: length, level: level, isRate: parts[1].contains("/"))
        }
    }
}

extension Reader where Value == Warmup {
    /// A time with its unit, or a number of conversations.
    static var warmup: Reader {
        Reader { (text) throws(Fault) in
            if let count = Int(text), count > 0 { return .conversations(count) }
            let hasUnit = text.last.map { !$0.isNumber } ?? false
            if hasUnit, let span = Units.parseDuration(text), span > .zero { return .time(span) }
            throw Fault(
                "\(Printable.quoted(text)) is neither a time nor a number of conversations",
                hint: "write 30s for a time or 100 for conversations")
        }
    }
}

extension Reader where Value == SocketAddress {
    /// `HOST:PORT`, the host being an address or `localhost`; without one, of this machine only.
    static var listenAddress: Reader {
        Reader { (text) throws(Fault) in
            let colon = text.lastIndex(of: ":")
            var host = colon.map { String(text[..<$0]) } ?? ""
            let port = Int(colon.map { text[text.index(after: $0)...] } ?? text[...])
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            }
            if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
            if let port, let address = SocketAddress(ip: host, port: port) { return address }
            throw Fault(
                "\(Printable.quoted(text)) is no address to listen on",
                hint: "write 9464, 127.0.0.1:9464 or [::1]:9464; 0.0.0.0:9464 listens on every"
                    + " interface")
        }
    }
}

extension Reader where Value == [SocketAddress] {
    /// Local IP addresses, divided by commas.
    static var sources: Reader {
        Reader { (text) throws(Fault) in
            let names = text.split(separator: ",", omittingEmptySubsequences: false)
            var sources: [SocketAddress] = []
            for name in names {
                guard let source = SocketAddress(ip: String(name), port: 0) else {
                    throw Fault(
                        "\(Printable.quoted(String(name))) is not an IP address",
                        hint: "write addresses of this machine: 127.0.0.2,127.0.0.3")
                }
                sources.append(source)
            }
            return sources
        }
    }
}

extension Reader where Value == ServiceLimit {
    /// What the sandbox allows a credential in a period.
    static var limit: Reader {
        Reader { (text) throws(Fault) in
            if let limit = ServiceLimit(parsing: text) { return limit }
            throw Fault(
                "\(Printable.quoted(text)) is not a limit",
                hint: "write '60 requests/m' or '10000 tokens/h'; periods are s, m, h, d or 10s")
        }
    }
}

extension Reader where Value == Keyed<ServiceLimit>.Entry {
    /// A limit under its unit, so that requests and tokens can both be limited.
    static var limitByUnit: Reader {
        Reader { (text) throws(Fault) in
            let limit = try Reader<ServiceLimit>.limit.read(text)
            return Keyed.Entry(key: limit.unit.rawValue, value: limit)
        }
    }

    /// `SERVICE=LIMIT` or `LIMIT`, under service and unit.
    static func limitByServiceAndUnit(known: [String]) -> Reader {
        let reader = ForService.reader(of: .limit, known: known)
        return Reader { (text) throws(Fault) in
            var entry = try reader.read(text)
            entry.key += " " + entry.value.unit.rawValue
            return entry
        }
    }
}

extension Reader where Value == FaultRule {
    /// A fault of the sandbox, how often and where.
    static var fault: Reader {
        Reader { (text) throws(Fault) in try FaultRule(parsing: text) }
    }
}

extension Reader where Value == [Stall] {
    /// One stall, or several between commas.
    static var stalls: Reader {
        Reader { (text) throws(Fault) in
            var stalls: [Stall] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let stall = Stall(parsing: String(part)) else {
                    throw Fault(
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
