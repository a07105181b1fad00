// The request's body on its way into libcurl. In-memory bodies take the same way as streams, so that libcurl
// always has to ask before it sends a body again.

struct Upload {
    enum Failure: Error {
        case endedEarly(at: Int64, of: Int64)
        case wroteTooMuch
    }

    let length: Int64
    private let body: HTTPBody
    private var stream: (any HTTPBodyStream)?
    /// Bytes handed over since the last start.
    private(set) var offered: Int64 = 0
    /// Why reading failed, if it did.
    private(set) var error: (any Error)?

    init(_ body: HTTPBody) {
        self.body = body
        length = body.length
    }

    /// Never more than the declared length, and never silently less: libcurl checks neither.
    /// nil when the body cannot be read; `error` then says why.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let room = Int(min(Int64(buffer.count), length - offered))
        guard room > 0 else { return 0 }
        do {
            let count = try opened().read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]))
            guard count > 0 else { throw Failure.endedEarly(at: offered, of: length) }
            guard count <= room else { throw Failure.wroteTooMuch }
            offered += Int64(count)
            return count
        } catch {
            self.error = error
            return nil
        }
    }

    /// The next read begins with the first byte again, of a newly opened stream.
    mutating func rewind() {
        stream = nil
        offered = 0
    }

    private mutating func opened() throws -> any HTTPBodyStream {
        if let stream { return stream }
        let new = try open()
        stream = new
        return new
    }

    private func open() throws -> any HTTPBodyStream {
        switch body {
        case .empty: ArrayBodyStream([])
        case .bytes(let bytes): ArrayBodyStream(bytes)
        case .stream(_, let open): try open()
        }
    }
}

private final class ArrayBodyStream: HTTPBodyStream {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let piece = rest.prefix(buffer.count)
        buffer.copyBytes(from: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }
}
