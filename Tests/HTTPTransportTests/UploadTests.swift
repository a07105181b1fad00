import Testing

@testable import HTTPTransport

@Suite struct UploadTests {
    private struct Broken: Error {}

    private final class Pieces: HTTPBodyStream {
        private var pieces: [String]

        init(_ pieces: [String]) {
            self.pieces = pieces
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            guard !pieces.isEmpty else { return 0 }
            let bytes = Array(pieces.removeFirst().utf8)
            guard bytes != Array("broken".utf8) else { throw Broken() }
            buffer.copyBytes(from: bytes.prefix(buffer.count))
            return min(bytes.count, buffer.count)
        }
    }

    private func stream(_ length: Int64, _ pieces: [String]) -> HTTPBody {
        .stream(length: length) { Pieces(pieces) }
    }

    /// All of it, read `size` bytes at a time; nil when reading failed.
    private func readAll(_ upload: inout Upload, size: Int) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: size)
        while true {
            guard let count = buffer.withUnsafeMutableBytes({ upload.read(into: $0) }) else { return nil }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    @Test(arguments: [1, 2, 3, 5, 6, 100])
    func bytesComeWhole(size: Int) {
        var upload = Upload(.text("hello!"))
        #expect(readAll(&upload, size: size) == "hello!")
        #expect(upload.offered == 6)
    }

    @Test func anEmptyBodyIsAtItsEnd() {
        var upload = Upload(.empty)
        #expect(readAll(&upload, size: 10) == "")
    }

    @Test func neverMoreThanDeclared() {
        var upload = Upload(stream(7, ["hello", "world"]))
        #expect(readAll(&upload, size: 100) == "hellowo")
    }

    @Test func aShortStreamIsAnError() {
        var upload = Upload(stream(7, ["hello"]))
        #expect(readAll(&upload, size: 100) == nil)
        guard case Upload.Failure.endedEarly(at: 5, of: 7)? = upload.error else {
            return #expect(Bool(false), "\(String(describing: upload.error))")
        }
    }

    @Test func errorsOfTheStreamAreKept() {
        var reading = Upload(stream(50, ["hello", "broken"]))
        #expect(readAll(&reading, size: 100) == nil)
        #expect(reading.error is Broken)
        var opening = Upload(.stream(length: 5) { throw Broken() })
        #expect(readAll(&opening, size: 100) == nil)
        #expect(opening.error is Broken)
    }

    @Test(arguments: [2, 100])
    func rewindingOpensAnew(size: Int) {
        var upload = Upload(stream(10, ["hello", "world"]))
        var buffer = [UInt8](repeating: 0, count: 3)
        let read1 = buffer.withUnsafeMutableBytes { upload.read(into: $0) }
        #expect(read1 == 3)
        upload.rewind()
        #expect(upload.offered == 0)
        #expect(readAll(&upload, size: 100) == "helloworld")
    }
}
