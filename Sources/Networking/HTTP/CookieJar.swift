/// The cookies of one simulated user's session with one target.
package struct CookieJar: Sendable, Equatable {
    package init() {}
}
