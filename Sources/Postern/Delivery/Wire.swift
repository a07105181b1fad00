import GraphProtocol
import HTTPTransport

/// Carries GraphProtocol's requests over HTTPTransport: one way to a route's Microsoft endpoints.
struct Wire: Sendable {
    private let transport: HTTPTransport
    private let endpoint: HTTPEndpoint

    init(transport: HTTPTransport, caFile: String?, proxy: String?) {
        self.transport = transport
        endpoint = HTTPEndpoint(caFile: caFile, proxy: proxy)
    }

    /// Sends a request that carries its own body.
    func send(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
        try await send(request, body: request.bytes.map { .bytes($0) } ?? .empty)
    }

    /// Sends a request whose body is streamed, as `open` begins it anew for each start of the upload.
    func send(
        _ request: WireRequest, open: @escaping @Sendable () throws -> any HTTPBodyStream
    ) async throws(WireFailure) -> WireResponse {
        switch request.body {
        case .none, .bytes: try await send(request)
        case .message(let length), .range(let length):
            try await send(request, body: .stream(length: Int64(length), open: open))
        }
    }

    private func send(_ request: WireRequest, body: HTTPBody) async throws(WireFailure) -> WireResponse {
        var way = endpoint
        if request.bypassesProxy { way.proxy = nil }
        let headers = request.headers.filter { $0.name != "Content-Length" }.map { (name: $0.name, value: $0.value) }
        do {
            let answer = try await transport.send(
                HTTPRequest(
                    method: request.method.rawValue, url: request.url, headers: headers, body: body, endpoint: way))
            return WireResponse(status: answer.status, headers: answer.headers.wire, body: answer.body)
        } catch {
            throw WireFailure(error)
        }
    }
}

extension WireRequest {
    fileprivate var bytes: [UInt8]? { if case .bytes(let bytes) = body { bytes } else { nil } }
}

extension HTTPHeaders {
    fileprivate var wire: [WireRequest.Header] { fields.map { WireRequest.Header($0.name, $0.value) } }
}

extension WireFailure {
    init(_ failure: HTTPFailure) {
        let seen = failure.status.map { WireResponse(status: $0, headers: failure.headers?.wire ?? []) }
        self.init(
            stage: Stage(failure), bodyProgress: BodyProgress(failure), seen: seen, text: failure.text)
    }
}

extension WireFailure.Stage {
    fileprivate init(_ failure: HTTPFailure) {
        switch failure.stage {
        case .resolve: self = .resolve
        case .connect, .proxy: self = .connect
        case .tls: self = .tls
        // A trust anchor or a proxy that cannot be used stops the whole route; a body that cannot be read, one message.
        case .setup: self = failure.bodyProgress == .none ? .connect : .source
        case .cancelled, .closed: self = .cancelled
        case .send, .receive: self = failure.timedOut ? .timeout : .transfer
        }
    }
}

extension WireFailure.BodyProgress {
    /// Where the server may have acted all the same, as after a reset of the stream, the body counts as handed over.
    fileprivate init(_ failure: HTTPFailure) {
        if failure.status == nil, failure.mayHaveBeenActedOn {
            self = .complete
            return
        }
        switch failure.bodyProgress {
        case .none: self = .none
        case .partial: self = .partial
        case .complete: self = .complete
        }
    }
}
