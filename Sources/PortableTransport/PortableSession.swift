import Foundation
import FoundationNetworking

/// A URLSession and where its requests go.
final class PortableSession {
    /// Scheme, host and port.
    private let origin: String
    private let session: URLSession
    private let exchanges = ExchangesUnderWay()

    /// Nil where URLSession cannot be kept from ending the process.
    init?(to origin: String, _ settings: SessionSettings) {
        guard Curl.real != nil else { return nil }
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        let made = CurlRegistry.shared.make(settings) { [exchanges] in
            URLSession(
                configuration: settings.configuration, delegate: exchanges, delegateQueue: queue)
        }
        guard let made else { return nil }
        self.origin = origin
        session = made
    }

    /// Sends one request, whose bytes are those of HTTP/1.1. Nil where they are no request.
    func send(_ request: UnsafeBufferPointer<UInt8>, _ client: Client) -> PortableExchange? {
        guard let request = URLRequest(parsing: request, to: origin) else { return nil }
        let task = session.dataTask(with: request)
        let exchange = PortableExchange(task, client)
        exchanges.add(exchange, of: task)
        task.resume()
        return exchange
    }

    func close() { session.invalidateAndCancel() }
}
