/// Counts the tasks of a worker's users and waits for the last of them. Confined to the worker.
///
/// It stands in for a task group, which walks the list of all its tasks each time one of them ends:
/// with a hundred thousand users that took over a minute at the end of a run.
final class Crowd {
    private var size = 0
    private var waiter: UnsafeContinuation<Void, Never>?

    /// Another task begins.
    func enter() { size += 1 }

    /// A task ends.
    func leave() {
        size -= 1
        guard size == 0, let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }

    /// Waits until no task is left.
    func empty() async {
        guard size > 0 else { return }
        await withUnsafeContinuation { waiter = $0 }
    }
}
