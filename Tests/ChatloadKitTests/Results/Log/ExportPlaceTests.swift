import Base
import Glibc
import Support
import Testing

@testable import ChatloadKit

/// Exports into what is there.
@Suite struct ExportPlaceTests {
    private static let content = Array("one\ntwo\n".utf8)

    private func export(to path: String) throws {
        try Files.write(Self.content, in: ExportPlace(path).replacement())
    }

    private func kind(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
    }

    @Test func linksLeadToTheFileThatIsReplaced() throws {
        let scratch = try ScratchFolder()
        for (name, target) in [("there", try scratch.write("old", to: "file")), ("new", "missing")]
        {
            let link = "\(scratch.path)/\(name)"
            #expect(symlink(target, link) == 0)
            try export(to: link)
            #expect(kind(link) == S_IFLNK && bytes(of: link) == Self.content)
        }
        #expect(bytes(of: scratch.path + "/file") == Self.content)
        #expect(bytes(of: scratch.path + "/missing") == Self.content)
        #expect(names(in: scratch.path) == ["file", "missing", "new", "there"])
    }

    @Test func aFIFOGetsItAndStays() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/fifo"
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: Fault.self) { try ExportPlace(path) }
        #expect(error?.description.contains("nobody reads from this FIFO") == true)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try export(to: path)
        var room = [UInt8](repeating: 0, count: 64)
        let count = read(reader, &room, room.count)
        #expect(Array(room.prefix(max(count, 0))) == Self.content && kind(path) == S_IFIFO)
    }

    @Test func anOpenDescriptorGetsIt() throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        for path in ["/dev/fd/\(ends[1])", "/proc/self/fd/\(ends[1])"] {
            try export(to: path)
            var room = [UInt8](repeating: 0, count: 64)
            #expect(read(ends[0], &room, room.count) == Self.content.count)
        }
        #expect(throws: Fault.self) { try ExportPlace("/dev/fd/\(ends[0])") }
        close(ends[1])
        #expect(throws: Fault.self) { try ExportPlace("/dev/fd/\(ends[1])") }
    }

    @Test(.enabled(if: geteuid() == 0)) func aDeviceStays() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/null"
        // A sandbox may forbid it.
        guard mknod(path, S_IFCHR | 0o600, 1 << 8 | 3) == 0 else { return }
        let link = scratch.path + "/link"
        #expect(symlink(path, link) == 0)
        try export(to: path)
        try export(to: link)
        #expect(kind(path) == S_IFCHR && kind(link) == S_IFLNK)
    }

    @Test func whatCannotBeWrittenIsRefusedAtOnce() throws {
        let scratch = try ScratchFolder()
        let (loop, file) = (scratch.path + "/loop", try scratch.write("", to: "file"))
        #expect(symlink("loop", loop) == 0)
        let paths = [
            scratch.path, scratch.path + "/absent/x", file + "/x", loop, "",
            scratch.path + "/new/",
        ]
        for path in paths {
            #expect(throws: Fault.self, "\(path)") { try ExportPlace(path) }
        }
        #expect(names(in: scratch.path) == ["file", "loop"])
        // The folder of the run will be there.
        _ = try ExportPlace(scratch.path + "/run/x.jtl", output: scratch.path + "/run")
    }

    /// Files of a run's folder are replaced, whatever else has their name is not.
    @Test func nothingButFilesIsReplaced() throws {
        let scratch = try ScratchFolder()
        let fifo = scratch.path + "/summary.json"
        #expect(mkfifo(fifo, 0o600) == 0)
        #expect(throws: Fault.self) { try Files.replace(fifo, with: Self.content) }
        #expect(throws: Fault.self) { try Files.contents(of: fifo) }
        #expect(kind(fifo) == S_IFIFO)
    }
}
