/// Stands in until the command's own file lands.
func runCommand(_ settings: RunSettings, in surroundings: Surroundings) async throws(Complaint)
    -> ExitCode
{
    throw Complaint("run is not built in yet")
}

/// Stands in until the command's own file lands.
func serveCommand(_ settings: ServeSettings, in surroundings: Surroundings)
    async
    throws(Complaint) -> ExitCode
{
    throw Complaint("serve is not built in yet")
}
