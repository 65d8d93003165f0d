import Glibc
import Support
import Testing

/// Secrets go to the service and nowhere else.
@Suite struct SecretTests {
    private static let secrets = [
        "A_KEY": "swordfish-41/x+y", "B_KEY": "hunter2:z", "C": "t0p s3c",
    ]

    /// Tamako says the credentials it got, in its replies and in its errors.
    @Test(arguments: [
        "", #"{"service":"tamako","prvid":"other","svcid":"other","svcsecret":"other"}"#,
    ])
    func appearInNothingThatIsWritten(accepted: String) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let list = try scratch.write(accepted, to: "credentials")
        let (server, port) = try serve(["tamako", "--credentials", list])
        let arguments = [
            "workloads/tamako.jsonl", "--service", "tamako", "--target",
            "http://127.0.0.1:\(port)", "--set", "prvid=env:A_KEY", "--set", "svcid=env:B_KEY",
            "--set", "svcsecret=env:C", "-H", "X-Key: env:C",
        ]
        let plan = try Child(["plan"] + arguments, environment: Self.secrets).ending()
        #expect(plan.code == 0, "\(plan.messages)")
        let run = try Child(
            ["run"] + arguments + ["--think", "0", "-n", "4", "-o", folder],
            environment: Self.secrets
        ).ending()
        #expect(run.code == (accepted.isEmpty ? 0 : 1), "\(run.messages)")
        let probes = try [[], ["--full"], ["--curl"], ["--format", "json"]].map { form in
            let probe = try Child(["probe"] + arguments + form, environment: Self.secrets).ending()
            #expect(probe.code == run.code, "\(probe.messages)")
            return probe.output + probe.messages
        }
        server.signal(SIGTERM)
        let served = server.ending()
        var texts = [
            "plan": plan.output + plan.messages, "run": run.output + run.messages,
            "serve": served.output + served.messages, "probe": probes.joined(),
        ]
        for name in names(in: folder) { texts[name] = text(of: "\(folder)/\(name)") }
        #expect(texts.count == 4 + runFiles.count)
        let traces = Self.secrets.values + ["swordfish-41%2Fx%2By", "hunter2%3Az", "t0p%20s3c"]
        for (name, text) in texts {
            for trace in traces { #expect(!text.contains(trace), "\(name) has \(trace)") }
        }
    }
}
