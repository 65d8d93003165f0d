import Glibc
import Support

/// Certificates as people make them, with the `openssl` command.
struct Certificates {
    /// Whether there is the command.
    static let canBeMade = system("command -v openssl >/dev/null") == 0

    private let scratch: ScratchFolder

    /// A CA (`ca`), another (`other`), and certificates of the CA: `good` for localhost and
    /// 127.0.0.1, `expired`, and `elsewhere` for chat.example; and `alone`, which signed itself.
    init() throws {
        scratch = try ScratchFolder()
        let script = """
            cd '\(scratch.path)' || exit 1
            key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
            for name in ca other; do
                openssl req -x509 $key -keyout $name.key -out $name.pem -subj "/CN=Test $name" \
                    -days 2 || exit 1
            done
            issue() {
                openssl req $key -keyout $1.key -out $1.csr -subj "/CN=$1" || exit 1
                echo "subjectAltName=$3" > $1.ext
                openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days $2 \
                    -extfile $1.ext -out $1.pem || exit 1
            }
            issue good 2 DNS:localhost,IP:127.0.0.1
            issue expired -1 DNS:localhost
            issue elsewhere 2 DNS:chat.example
            openssl req -x509 $key -keyout alone.key -out alone.pem -subj /CN=alone -days 2 \
                -addext subjectAltName=DNS:localhost || exit 1
            openssl pkey -in good.key -aes128 -passout pass:secret -out locked.key || exit 1
            """
        _ = try scratch.write(script, to: "make")
        guard system("sh '\(scratch.path)/make' >'\(scratch.path)/log' 2>&1") == 0 else {
            throw Unavailable(what: "certificates: \(text(of: scratch.path + "/log") ?? "")")
        }
    }

    /// The path of a file, such as `good.pem`.
    func path(_ name: String) -> String { "\(scratch.path)/\(name)" }

    /// A file's bytes.
    func bytes(_ name: String) -> [UInt8] { Array((text(of: path(name)) ?? "").utf8) }
}
