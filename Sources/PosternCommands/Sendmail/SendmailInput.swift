/// A message as it comes in on standard input, made into the lines of mail: ended by CRLF, whichever way they came, and up to a
/// line with a single dot where that counts.
struct SendmailInput {
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D

    private let endsAtDot: Bool
    private(set) var content: [UInt8] = []
    private var lineStart = 0
    private var endedWithReturn = false
    /// The dot has come: what follows is nobody's.
    private(set) var isFinished = false

    init(endsAtDot: Bool) { self.endsAtDot = endsAtDot }

    mutating func take(_ bytes: some Sequence<UInt8>) {
        for byte in bytes where !isFinished {
            switch byte {
            case Self.lineFeed: endLine()
            case Self.carriageReturn:
                breakAtReturn()
                endedWithReturn = true
            default:
                breakAtReturn()
                content.append(byte)
            }
        }
    }

    /// Standard input is at its end.
    mutating func finish() {
        guard !isFinished else { return }
        if endedWithReturn || content.count > lineStart { endLine() }
        isFinished = true
    }

    private mutating func endLine() {
        endedWithReturn = false
        if endsAtDot, content[lineStart...].elementsEqual([UInt8(ascii: ".")]) {
            content.removeLast()
            isFinished = true
        } else {
            appendLineEnd()
        }
    }

    /// A return that no line feed follows ends a line, but never the message.
    private mutating func breakAtReturn() {
        guard endedWithReturn else { return }
        endedWithReturn = false
        appendLineEnd()
    }

    private mutating func appendLineEnd() {
        content += [Self.carriageReturn, Self.lineFeed]
        lineStart = content.count
    }
}
