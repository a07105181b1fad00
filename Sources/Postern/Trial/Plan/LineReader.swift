import Foundation

/// The lines of a file, read piece by piece: logs may be larger than memory.
final class LineReader {
    private static let pieceSize = 1 << 20
    /// The first octets of compressed files, and what unpacks them.
    private static let compressions: [(magic: [UInt8], program: String)] = [
        ([0x1F, 0x8B], "zcat"), ([0x42, 0x5A, 0x68], "bzcat"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xzcat"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstdcat"),
    ]

    let name: String
    private let handle: FileHandle
    private var peeked: [Substring] = []
    private var peekedIndex = 0
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    /// - Parameter file: a path, or `-` for standard input.
    init(_ file: String) throws(MailLogError) {
        name = file
        if file == "-" {
            handle = .standardInput
        } else {
            do { handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file)) } catch {
                throw .notReadable(file: file, reason: Self.reason(error))
            }
        }
        try refill()
        if let found = Self.compressions.first(where: { buffer.starts(with: $0.magic) }) {
            throw .compressed(file: file, program: found.program)
        }
    }

    deinit { if name != "-" { try? handle.close() } }

    /// The next lines, up to `count`; they will be given by `next`, too.
    func peek(_ count: Int) throws(MailLogError) -> [Substring] {
        while peeked.count < count, let line = try nextUnseen() { peeked.append(line) }
        return peeked
    }

    /// Without its end; `nil` behind the last.
    func next() throws(MailLogError) -> Substring? {
        guard peekedIndex < peeked.count else { return try nextUnseen() }
        peekedIndex += 1
        return peeked[peekedIndex - 1]
    }

    private func nextUnseen() throws(MailLogError) -> Substring? {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return Self.text(buffer[position..<end])
            }
            if isAtEnd {
                guard position < buffer.count else { return nil }
                defer { position = buffer.count }
                return Self.text(buffer[position...])
            }
            try refill()
        }
    }

    private func refill() throws(MailLogError) {
        let piece: Data?
        do { piece = try handle.read(upToCount: Self.pieceSize) } catch {
            throw .notReadable(file: name, reason: Self.reason(error))
        }
        buffer.removeFirst(position)
        position = 0
        guard let piece, !piece.isEmpty else {
            isAtEnd = true
            return
        }
        buffer.append(contentsOf: piece)
    }

    private static func text(_ octets: ArraySlice<UInt8>) -> Substring {
        Substring(decoding: octets.last == UInt8(ascii: "\r") ? octets.dropLast() : octets, as: UTF8.self)
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        return cause.domain == NSPOSIXErrorDomain
            ? String(cString: strerror(Int32(cause.code))) : error.localizedDescription
    }
}
