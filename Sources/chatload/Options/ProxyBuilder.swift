import ChatloadKit

/// Finds the proxy that the environment names, as other tools that speak HTTP do: `HTTP_PROXY` for
/// http targets, `HTTPS_PROXY` for https ones, `ALL_PROXY` for both, `NO_PROXY` for exceptions. A
/// variable in lower case beats the one in upper case, and an empty one stands for no proxy.
struct ProxyBuilder {
    let environment: [String: String]

    /// The proxy on the way to a target; nil without one.
    func proxy(to target: Target) throws(Complaint) -> Proxy? {
        let name = target.isTLS ? "HTTPS_PROXY" : "HTTP_PROXY"
        guard let (variable, value) = first(of: [name, "ALL_PROXY"]), !value.isEmpty else {
            return nil
        }
        if let (_, list) = first(of: ["NO_PROXY"]), ProxyExceptions(list).contain(target) {
            return nil
        }
        do {
            return try Proxy(parsing: value, from: variable)
        } catch {
            throw Complaint(
                error.message, at: .environment(variable),
                hint: error.suggestion + "; NO_PROXY=\(target.host) goes without")
        }
    }

    private func first(of names: [String]) -> (variable: String, value: String)? {
        for variable in names.flatMap({ [$0.lowercased(), $0] }) {
            if let value = environment[variable] { return (variable, value) }
        }
        return nil
    }
}
