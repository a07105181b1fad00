// The HTTP client: callers await, one thread owns libcurl's multi handle and does all transfers.
// HTTP/2 requests to one host share a connection. Redirects are answers like any other and are not followed.

import CCurl
import Foundation

package final class HTTPTransport: Sendable {
    private let inbox: Inbox

    /// - Parameters:
    ///   - maxConnectionsPerHost: a backstop. Waiting for a connection counts against a request's time, so callers
    ///     should limit their concurrency themselves.
    ///   - responseLimit: bytes of a response's body that are kept.
    package init(maxConnectionsPerHost: Int = 32, responseLimit: Int = 1 << 20) {
        let inbox = Inbox(multi: Curl.newMulti(maxConnectionsPerHost: maxConnectionsPerHost))
        let thread = Thread { TransferLoop(inbox: inbox, responseLimit: responseLimit).run() }
        thread.name = "http-transfers"
        thread.stackSize = 1 << 20
        thread.start()
        self.inbox = inbox
    }

    deinit {
        _ = inbox.post(.stop(nil))
    }

    /// Sends the request and awaits the whole answer, whatever its status. Cancelling the task ends the transfer;
    /// a task that is already cancelled sends nothing.
    package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        guard !Task.isCancelled else { throw .cancelled }
        let id = inbox.newID()
        let result: Result<HTTPResponse, HTTPFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { reply in start(id, request, reply) }
        } onCancel: {
            _ = inbox.post(.cancel(id))
        }
        return try result.get()
    }

    /// Ends every transfer with a failure of stage `closed`, closes the connections, ends the thread.
    package func shutdown() async {
        await withCheckedContinuation { done in
            if !inbox.post(.stop(done)) { done.resume() }
        }
    }

    private func start(_ id: TransferID, _ request: HTTPRequest, _ reply: Reply) {
        guard inbox.post(.start(id, request, reply)) else {
            return reply.resume(returning: .failure(.closed(bodyProgress: .none)))
        }
        // A cancellation that came before the start was posted found nothing to cancel.
        if Task.isCancelled { _ = inbox.post(.cancel(id)) }
    }
}
