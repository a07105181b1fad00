// Short spellings for the tests.

import Testing

@testable import HTTPTransport

extension HTTPRequest {
    static func get(_ url: String, endpoint: HTTPEndpoint = HTTPEndpoint()) -> HTTPRequest {
        HTTPRequest(method: "GET", url: url, endpoint: endpoint)
    }

    static func post(_ url: String, _ body: HTTPBody) -> HTTPRequest {
        HTTPRequest(method: "POST", url: url, body: body)
    }
}

extension HTTPBody {
    static func text(_ text: String) -> HTTPBody {
        .bytes(Array(text.utf8))
    }

    /// `length` bytes, each the low byte of its position.
    static func counting(_ length: Int64, onOpen: @escaping @Sendable () -> Void = {}) -> HTTPBody {
        .stream(length: length) {
            onOpen()
            return CountingStream(length: length)
        }
    }
}

/// Hands out pieces of changing size, as a file with an encoder behind it would.
final class CountingStream: HTTPBodyStream {
    private let length: Int64
    private var position: Int64 = 0

    init(length: Int64) {
        self.length = length
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, Int(length - position), 1 + Int(position * 7 % 50_000))
        for index in 0..<count { buffer[index] = UInt8(truncatingIfNeeded: position + Int64(index)) }
        position += Int64(count)
        return count
    }
}

extension HTTPTransport {
    func outcome(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPFailure> {
        do throws(HTTPFailure) {
            return .success(try await send(request))
        } catch {
            return .failure(error)
        }
    }

    func send(
        _ request: HTTPRequest, expecting status: Int, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let response = try await send(request)
        #expect(response.status == status, sourceLocation: location)
    }

    /// The failure of a request that is expected to have one.
    func failure(_ request: HTTPRequest, _ location: SourceLocation = #_sourceLocation) async throws -> HTTPFailure {
        switch await outcome(request) {
        case .failure(let failure): return failure
        case .success(let response):
            Issue.record("answered with \(response.status)", sourceLocation: location)
            throw Unexpected()
        }
    }

    private struct Unexpected: Error {}
}
