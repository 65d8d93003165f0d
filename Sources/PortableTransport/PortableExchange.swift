import Foundation
import FoundationNetworking

/// Whoever is told how an exchange goes, on a thread of URLSession's.
struct Client {
    enum Event: Int32 {
        /// The head has come.
        case head = 0
        /// The whole response; the bytes are those of HTTP/1.1. Nothing comes after it.
        case response = 1
        /// The code of the `URLError`; the bytes are its words. Nothing comes after it.
        case failure = 2
    }

    typealias Tell =
        @convention(c) (
            _ context: UnsafeMutableRawPointer?, _ event: Int32, _ code: Int,
            _ bytes: UnsafePointer<UInt8>?, _ count: Int
        ) -> Void

    let tell: Tell
    let context: UnsafeMutableRawPointer?

    func tell(_ event: Event, code: Int = 0, _ bytes: [UInt8] = []) {
        bytes.withUnsafeBufferPointer {
            tell(context, event.rawValue, code, $0.baseAddress, $0.count)
        }
    }
}

/// One exchange: collects the response and says how it ended, once.
///
/// `@unchecked Sendable` is sound because URLSession's delegate calls it on one serial queue, and the
/// task is safe to cancel from any thread.
final class PortableExchange: @unchecked Sendable {
    private let task: URLSessionTask
    private let client: Client
    private var response: HTTPURLResponse?
    private var body = Data()
    private var isOver = false

    init(_ task: URLSessionTask, _ client: Client) {
        self.task = task
        self.client = client
    }

    /// Ends the exchange if it is not over. Thread-safe.
    func cancel() { task.cancel() }

    func take(_ response: URLResponse) {
        // One that says that another will come may come before it.
        if self.response == nil { client.tell(.head) }
        self.response = response as? HTTPURLResponse
    }

    func take(_ data: Data) { body.append(data) }

    func end(_ latest: URLResponse?, _ error: (any Error)?) {
        if isOver { return }
        isOver = true
        if let error {
            // Not `userInfo`: it holds the URL.
            let code = (error as? URLError)?.code ?? .unknown
            client.tell(.failure, code: code.rawValue, Array(error.localizedDescription.utf8))
        } else if let response = response ?? latest as? HTTPURLResponse {
            client.tell(.response, response.message(body: body))
        } else {
            client.tell(.failure, code: URLError.Code.badServerResponse.rawValue)
        }
        body = Data()
    }
}
