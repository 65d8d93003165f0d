/// Built-in service: one whose description is in the program.
enum BuiltInService {
    /// The descriptions, in the order the services are shown.
    static let texts = [openAI, azureOpenAI, responses, anthropic, ollama, gemini]

    /// The services; read when they are asked for first.
    static let all: [ServiceDescription] = texts.map { text in
        let review = ServiceFileReader.review(Array(text.utf8), path: "built in")
        guard let file = review.file else {
            preconditionFailure("BUG: a bad description: \(review.complaints)")
        }
        return ServiceDescription(file)
    }
}
