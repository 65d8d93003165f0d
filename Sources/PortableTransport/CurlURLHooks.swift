import Foundation

/// Handles of URLs that libcurl has parsed. Foundation 6.3 compares the host of each request's URL
/// with libcurl's reading of it and then frees the handle as if it were a text, so that its parts
/// stay behind.
///
/// `@unchecked Sendable` is sound because the set is only touched under the lock.
final class ParsedURLs: @unchecked Sendable {
    private typealias Make = @convention(c) () -> Curl.Handle?
    private typealias Free = @convention(c) (Curl.Handle?) -> Void

    static let shared = ParsedURLs()

    private let make = Curl.function("curl_url", as: Make.self)
    private let end = Curl.function("curl_url_cleanup", as: Free.self)
    private let free = Curl.function("curl_free", as: Free.self)
    private let lock = NSLock()
    private var handles: Set<Curl.Handle> = []

    func new() -> Curl.Handle? {
        guard let handle = make?() else { return nil }
        _ = lock.withLock { handles.insert(handle) }
        return handle
    }

    func end(_ handle: Curl.Handle?) {
        if let handle { _ = lock.withLock { handles.remove(handle) } }
        end?(handle)
    }

    func free(_ memory: Curl.Handle?) {
        guard let memory, lock.withLock({ handles.remove(memory) }) != nil else {
            free?(memory)
            return
        }
        end?(memory)
    }
}

/// Stands before libcurl's own: remembers the handle.
@_cdecl("curl_url")
public func guardedMakeURL() -> UnsafeMutableRawPointer? { ParsedURLs.shared.new() }

/// Stands before libcurl's own: forgets the handle.
@_cdecl("curl_url_cleanup")
public func guardedEndURL(_ handle: UnsafeMutableRawPointer?) { ParsedURLs.shared.end(handle) }

/// Stands before libcurl's own: frees a URL as one.
@_cdecl("curl_free")
public func guardedFree(_ memory: UnsafeMutableRawPointer?) { ParsedURLs.shared.free(memory) }
