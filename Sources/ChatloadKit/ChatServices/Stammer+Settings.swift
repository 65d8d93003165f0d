import Networking

/// Stammer's parameters as it needs them.
extension ServiceSettings {
    /// The chatbot's UUID.
    func chatbotUUID() throws(SettingComplaint) -> String {
        let text = self["chatbot_uuid"] ?? ""
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        let isUUID =
            groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.joined().utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard isUUID else {
            throw SettingComplaint(
                service: service, parameter: "chatbot_uuid", problem: "is no UUID: \"\(text)\"",
                advice: "copy it from the chatbot's detail page")
        }
        return text
    }

    /// Where the answer may be, the best place first.
    func answerPaths() throws(SettingComplaint) -> [JSONPath] {
        let texts = (self["answer_path"] ?? "").split(separator: ",").map {
            String($0.filter { $0 != " " })
        }
        let paths = texts.compactMap { JSONPath($0) }
        guard !paths.isEmpty, paths.count == texts.count, paths.count <= 16 else {
            throw SettingComplaint(
                service: service, parameter: "answer_path",
                problem: "is no path: \"\(self["answer_path"] ?? "")\"",
                advice: "write it like data.answer or messages.0.text, at most 16 with commas")
        }
        return paths
    }
}
