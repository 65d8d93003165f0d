import Base
import Networking

/// The place on a terminal where the live view is redrawn, below whatever else is printed.
///
/// A frame is one write that overwrites the one before, line by line, so nothing flickers. No mode
/// of the terminal is ever changed, so there is nothing to restore however the process ends.
final class LiveScreen: Sendable {
    private struct State {
        /// The columns that each line on the screen takes.
        var widths: [Int] = []
        var isOver = false
    }

    private let state = Locked(State())
    private let size: @Sendable () -> (columns: Int, rows: Int)
    private let write: @Sendable (String) -> Void

    /// A screen that asks for the window's size before every frame.
    init(
        size: @escaping @Sendable () -> (columns: Int, rows: Int),
        write: @escaping @Sendable (String) -> Void
    ) {
        self.size = size
        self.write = write
    }

    /// Shows the lines that `frame` makes for the window as it is now, or as many as it has room for.
    func draw(_ frame: (_ columns: Int) -> [String]) {
        let (columns, rows) = size()
        let lines = frame(columns).prefix(max(rows - 1, 1))
        state.withLock { state in
            if state.isOver { return }
            let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n")
            write(Self.back(over: state.widths, columns: columns) + text + "\u{1B}[J")
            state.widths = lines.map(Self.visibleColumns)
        }
    }

    /// Prints a message above the view, which comes back below it with the next frame.
    func say(_ text: String) {
        state.withLock { state in
            write(taken(&state) + text)
        }
    }

    /// Takes the view away, for good.
    func finish() {
        state.withLock { state in
            state.isOver = true
            let clear = taken(&state)
            if !clear.isEmpty { write(clear) }
        }
    }

    /// What clears the view.
    private func taken(_ state: inout State) -> String {
        if state.widths.isEmpty { return "" }
        defer { state.widths = [] }
        return Self.back(over: state.widths, columns: size().columns) + "\u{1B}[J"
    }

    /// To the start of what was drawn. A window that has become narrower has broken long lines.
    private static func back(over widths: [Int], columns: Int) -> String {
        if widths.isEmpty { return "" }
        let columns = max(columns, 1)
        let rows = widths.reduce(0) { $0 + max((($1 + columns - 1) / columns), 1) }
        return rows > 1 ? "\r\u{1B}[\(rows - 1)A" : "\r"
    }

    /// The columns of a line without its colours; every character of ours takes one.
    private static func visibleColumns(_ line: String) -> Int {
        var columns = 0
        var isEscape = false
        for scalar in line.unicodeScalars {
            if scalar == "\u{1B}" {
                isEscape = true
            } else if isEscape {
                isEscape = scalar != "m"
            } else {
                columns += 1
            }
        }
        return columns
    }
}
