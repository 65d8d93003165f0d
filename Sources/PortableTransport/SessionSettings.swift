import Foundation
import FoundationNetworking

/// How one loop's exchanges are sent.
struct SessionSettings {
    /// Milliseconds.
    var connectTimeout = 0
    var limits = ResponseLimits()
    var verifies = true
    /// Files in PEM form.
    var authorities: String?
    var certificate: String?
    var key: String?
    /// The proxy's URL; empty where there is none, whatever the environment says.
    var proxy = ""

    /// Has a transfer that URLSession has set up do as it should.
    func apply(to transfer: Curl.Handle, of curl: Curl) {
        curl.set(CurlNumber.connectTimeout, of: transfer, to: connectTimeout)
        curl.set(CurlNumber.proxy, of: transfer, to: proxy)
        // Bodies come as they were sent, and nobody is asked to compress them.
        curl.set(CurlNumber.acceptEncoding, of: transfer, to: 0)
        curl.set(CurlNumber.decodesContent, of: transfer, to: 0)
        if !verifies {
            curl.set(CurlNumber.verifiesPeer, of: transfer, to: 0)
            curl.set(CurlNumber.verifiesHost, of: transfer, to: 0)
        }
        if let authorities { curl.set(CurlNumber.authorities, of: transfer, to: authorities) }
        if let certificate {
            curl.set(CurlNumber.certificate, of: transfer, to: certificate)
            curl.set(CurlNumber.key, of: transfer, to: key ?? certificate)
        }
    }

    /// What URLSession is to do by itself: nothing but exchanges.
    var configuration: URLSessionConfiguration {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpCookieAcceptPolicy = .never
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        // As many as there are users.
        configuration.httpMaximumConnectionsPerHost = 1_000_000
        // Who waits decides how long; only what nobody waits for any more ends by itself.
        configuration.timeoutIntervalForRequest = 86_400
        return configuration
    }
}
