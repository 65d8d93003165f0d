/// One parameter of a service: a row of its table, the only place where it is declared.
package struct ServiceParameter: Sendable, Equatable {
    /// The name in `--set name=value` and in a script's `with`.
    package let name: String
    /// Other names it is known by.
    let aliases: [String]
    /// What it means, for the help text.
    package let help: String
    /// The value when none is given; nil when there is none.
    package let defaultValue: String?
    /// The value against the built-in sandbox when none is given, for what is required elsewhere.
    package let sandboxDefault: String?
    /// Whether the service cannot be spoken to without it.
    package let isRequired: Bool
    /// Whether the value must not be seen, nor stand in a script or on the command line.
    package let isSecret: Bool
    /// Whether a conversation's system prompt goes here.
    package let takesSystemPrompt: Bool

    /// An optional parameter.
    init(
        _ name: String, aliases: [String] = [], _ help: String, default value: String? = nil,
        takesSystemPrompt: Bool = false
    ) {
        self.init(
            name, aliases, help, default: value, sandbox: nil, isRequired: false, isSecret: false,
            takesSystemPrompt: takesSystemPrompt)
    }

    /// A parameter that only the sandbox does without.
    init(required name: String, _ help: String, sandbox: String, isSecret: Bool) {
        self.init(
            name, [], help, default: nil, sandbox: sandbox, isRequired: true, isSecret: isSecret)
    }

    private init(
        _ name: String, _ aliases: [String], _ help: String, default value: String?,
        sandbox: String?, isRequired: Bool, isSecret: Bool, takesSystemPrompt: Bool = false
    ) {
        self.name = name
        self.aliases = aliases
        self.help = help
        defaultValue = value
        sandboxDefault = sandbox
        self.isRequired = isRequired
        self.isSecret = isSecret
        self.takesSystemPrompt = takesSystemPrompt
    }
}

/// What is wrong with a service's settings, for the person who gave them.
package struct SettingComplaint: Error, Equatable, Sendable, CustomStringConvertible {
    /// The service whose settings they are.
    package var service: ServiceName
    /// The parameter or header in question.
    package var parameter: String
    /// What is wrong with it; shows no secret.
    package var problem: String
    /// What to do about it.
    package var advice: String

    /// One line: service, parameter, problem, advice.
    package var description: String {
        "\(service.rawValue): \(parameter) \(problem); \(advice)"
    }
}
