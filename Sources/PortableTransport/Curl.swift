import Glibc

/// The functions of the libcurl that FoundationNetworking uses. This library has functions of the
/// same names, which the linker finds first; they pass on to these.
///
/// libcurl's variadic functions are called with one argument, a pointer or an integer: on the
/// platforms that Swift runs on under Linux it travels as if the function had three parameters.
struct Curl {
    typealias Handle = UnsafeMutableRawPointer

    /// A value whose size is a pointer's: a pointer or a `long`.
    typealias SetOption = @convention(c) (Handle?, Int32, UnsafeMutableRawPointer?) -> Int32
    typealias GetInfo = @convention(c) (Handle?, Int32, UnsafeMutableRawPointer?) -> Int32
    typealias Make = @convention(c) () -> Handle?
    typealias End = @convention(c) (Handle?) -> Void
    typealias EndMulti = @convention(c) (Handle?) -> Int32
    typealias Add = @convention(c) (Handle?, Handle?) -> Int32
    typealias ReadInfo = @convention(c) (Handle?, UnsafeMutablePointer<Int32>?) -> Message?
    typealias Message = UnsafeMutableRawPointer

    let setOption: SetOption
    let getInfo: GetInfo
    let endTransfer: End
    let makeMulti: Make
    let endMulti: EndMulti
    let setMultiOption: SetOption
    let addTransfer: Add
    let readInfo: ReadInfo

    /// Nil where FoundationNetworking uses no such library.
    static let real = Curl()

    private init?() {
        guard let setOption = Self.function("curl_easy_setopt", as: SetOption.self),
            let getInfo = Self.function("curl_easy_getinfo", as: GetInfo.self),
            let endTransfer = Self.function("curl_easy_cleanup", as: End.self),
            let makeMulti = Self.function("curl_multi_init", as: Make.self),
            let endMulti = Self.function("curl_multi_cleanup", as: EndMulti.self),
            let setMultiOption = Self.function("curl_multi_setopt", as: SetOption.self),
            let addTransfer = Self.function("curl_multi_add_handle", as: Add.self),
            let readInfo = Self.function("curl_multi_info_read", as: ReadInfo.self)
        else { return nil }
        self.setOption = setOption
        self.getInfo = getInfo
        self.endTransfer = endTransfer
        self.makeMulti = makeMulti
        self.endMulti = endMulti
        self.setMultiOption = setMultiOption
        self.addTransfer = addTransfer
        self.readInfo = readInfo
    }

    /// A function of the library that is loaded already; nil where there is none of this name.
    static func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        guard let library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_NOLOAD),
            let address = dlsym(library, name)
        else { return nil }
        return unsafeBitCast(address, to: type)
    }

    /// Gives an option a number.
    func set(_ option: Int32, of handle: Handle?, to number: Int) {
        _ = setOption(handle, option, UnsafeMutableRawPointer(bitPattern: number))
    }

    /// Gives an option a text, which libcurl copies.
    func set(_ option: Int32, of handle: Handle?, to text: String) {
        _ = text.withCString { setOption(handle, option, UnsafeMutableRawPointer(mutating: $0)) }
    }
}

/// Numbers of libcurl's interface (curl/curl.h, curl/multi.h), which never change.
enum CurlNumber {
    static let writeData: Int32 = 10_001
    static let proxy: Int32 = 10_004
    static let errorBuffer: Int32 = 10_010
    static let certificate: Int32 = 10_025
    static let headerData: Int32 = 10_029
    static let verifiesPeer: Int32 = 64
    static let authorities: Int32 = 10_065
    static let verifiesHost: Int32 = 81
    static let key: Int32 = 10_087
    static let acceptEncoding: Int32 = 10_102
    static let connectTimeout: Int32 = 156
    static let decodesContent: Int32 = 158
    static let writeFunction: Int32 = 20_011
    static let seekFunction: Int32 = 20_167
    static let headerFunction: Int32 = 20_079

    /// Of a multi handle: connections to keep.
    static let mostConnections: Int32 = 6

    /// `CURLINFO_CONTENT_LENGTH_DOWNLOAD`, a double.
    static let contentLength: Int32 = 0x30_0000 + 15

    /// The result of a transfer that got nothing.
    static let gotNothing: Int32 = 52
}
