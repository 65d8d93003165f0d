/// Sketch of a JSON document: made of what stands at some places of it, for examples.
package struct JSONSketch {
    private indirect enum Node {
        case value(String)
        case object([(key: [UInt8], node: Node)])
        case array([Node])
    }

    private var root: Node?

    /// A document with nothing in it.
    package init() {}

    /// Puts JSON at a place, and what leads there around it; a `*` is the first element of an array.
    /// What stands in the way is replaced.
    package mutating func set(_ path: JSONPath, _ json: String) {
        root = Self.setting(path.components[...], json, in: root)
    }

    /// The document.
    package var text: String {
        var buffer = ByteBuffer()
        Self.write(root ?? .object([]), to: &buffer)
        return buffer.text
    }

    private static func setting(
        _ path: ArraySlice<JSONPath.Component>, _ json: String, in node: Node?
    ) -> Node {
        guard let first = path.first else { return .value(json) }
        let rest = path.dropFirst()
        if first.isAny || first.index != nil {
            var elements: [Node] = if case .array(let own) = node { own } else { [] }
            let place = min(first.index ?? 0, 16)
            while elements.count <= place { elements.append(.value("null")) }
            elements[place] = setting(rest, json, in: elements[place])
            return .array(elements)
        }
        var members: [(key: [UInt8], node: Node)] =
            if case .object(let own) = node { own } else { [] }
        if let place = members.firstIndex(where: { $0.key == first.key }) {
            members[place].node = setting(rest, json, in: members[place].node)
        } else {
            members.append((first.key, setting(rest, json, in: nil)))
        }
        return .object(members)
    }

    private static func write(_ node: Node, to buffer: inout ByteBuffer) {
        switch node {
        case .value(let json): buffer.append(json)
        case .array(let elements): buffer.append(array: elements) { write($1, to: &$0) }
        case .object(let members):
            buffer.append { buffer in
                for (key, node) in members {
                    buffer.append(key: String(decoding: key, as: UTF8.self))
                    write(node, to: &buffer)
                }
            }
        }
    }
}
