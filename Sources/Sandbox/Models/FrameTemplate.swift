import Base
import Networking

/// Frame template: the bytes of one kind of frame, rendered once for a reply, with places for the few
/// things that differ from frame to frame.
struct FrameTemplate {
    /// What stands in a place.
    enum Slot {
        /// The frame's tokens, escaped for a JSON string.
        case text
        /// How many tokens the reply has so far, this frame's included.
        case replyTokens
        /// The same without those of reasoning.
        case answerTokens
        /// The same with the prompt's.
        case allTokens
        /// How many frames came before this one.
        case number
    }

    /// The bytes between the places; written front to back.
    var bytes = ByteBuffer()
    private var slots: [(end: Int, slot: Slot)] = []

    /// A template that `write` fills: bytes and `mark`s, front to back.
    init(_ write: (inout FrameTemplate) -> Void) { write(&self) }

    /// The template of the event `name` (none when empty) of an event stream; `data` writes the JSON.
    static func event(
        _ name: StaticString = "", _ data: (inout FrameTemplate) -> Void
    ) -> FrameTemplate {
        FrameTemplate {
            if name.utf8CodeUnitCount > 0 {
                $0.bytes.append(fixed: "event: ")
                $0.bytes.append(fixed: name)
                $0.bytes.append(fixed: "\n")
            }
            $0.bytes.append(fixed: "data: ")
            data(&$0)
            $0.bytes.append(fixed: "\n\n")
        }
    }

    /// The next place is behind what has been written.
    mutating func mark(_ slot: Slot) { slots.append((bytes.count, slot)) }

    /// Appends a frame; `fill` appends what belongs in a place.
    func render(to buffer: inout ByteBuffer, _ fill: (Slot, inout ByteBuffer) -> Void) {
        let all = bytes.bytes.span
        var start = 0
        for (end, slot) in slots {
            buffer.append(all.extracting(start..<end))
            fill(slot, &buffer)
            start = end
        }
        buffer.append(all.extracting(start..<all.count))
    }
}
