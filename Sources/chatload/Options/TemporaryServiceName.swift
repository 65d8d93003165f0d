enum ServiceName: String, CaseIterable, Sendable { case tamako, botyard, stammer }
