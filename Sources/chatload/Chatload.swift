import Networking

@main
struct Chatload {
    static func main() async {
    }
}
