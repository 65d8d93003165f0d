import LinuxSystem

/// The processors of this machine.
package enum Processors {
    /// How many this process may use: fewer than the machine has where it is pinned to some
    /// (`taskset`, a container's set). At least 1.
    package static var usable: Int { max(Int(chatload_usable_processors()), 1) }
}
