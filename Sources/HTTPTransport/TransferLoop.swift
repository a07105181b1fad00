// The transfer thread: takes requests from the inbox, drives libcurl, answers the callers. Everything in here
// is confined to that thread; an easy handle is used again for later requests.

import CCurl

final class TransferLoop {
    private let inbox: Inbox
    private let responseLimit: Int
    private var trust = TrustStore()
    private var idle: [EasyHandle] = []
    private var running: [TransferID: Transfer] = [:]
    private var byHandle: [UnsafeMutableRawPointer: TransferID] = [:]
    private var stopping = false
    private var stopped: [CheckedContinuation<Void, Never>] = []

    private static let idleLimit = 64
    /// Only an upper bound: libcurl's own timers and the inbox end the wait earlier.
    private static let pollMilliseconds: Int32 = 10_000

    init(inbox: Inbox, responseLimit: Int) {
        self.inbox = inbox
        self.responseLimit = responseLimit
    }

    func run() {
        while !stopping {
            inbox.drain().forEach(handle)
            var active: Int32 = 0
            curl_multi_perform(inbox.multi, &active)
            settleFinished()
            if !stopping { curl_multi_poll(inbox.multi, nil, 0, Self.pollMilliseconds, nil) }
        }
        release()
    }

    private func handle(_ message: Inbox.Message) {
        switch message {
        case .start(let id, let request, let reply): start(id, request, reply)
        case .cancel(let id): running[id].map { end($0, .failure($0.cancelled())) }
        case .stop(let done):
            stopping = true
            if let done { stopped.append(done) }
        }
    }

    private func start(_ id: TransferID, _ request: HTTPRequest, _ reply: Reply) {
        guard let handle = idle.popLast() ?? curl_easy_init().map(EasyHandle.init) else {
            return reply.resume(returning: .failure(.setup("out of memory")))
        }
        let transfer = Transfer(id: id, request: request, handle: handle, reply: reply, responseLimit: responseLimit)
        do throws(HTTPFailure) {
            try transfer.prepare(&trust)
        } catch {
            recycle(handle)
            return reply.resume(returning: .failure(error))
        }
        running[id] = transfer
        byHandle[handle.pointer] = id
        curl_multi_add_handle(inbox.multi, handle.pointer)
    }

    private func settleFinished() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(inbox.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let id = byHandle[message.pointee.easy_handle],
                let transfer = running[id]
            else { continue }
            end(transfer, transfer.outcome(ccurl_message_result(message)))
        }
    }

    private func end(_ transfer: Transfer, _ result: Result<HTTPResponse, HTTPFailure>) {
        running[transfer.id] = nil
        byHandle[transfer.handle.pointer] = nil
        curl_multi_remove_handle(inbox.multi, transfer.handle.pointer)
        recycle(transfer.handle)
        transfer.reply.resume(returning: result)
    }

    private func recycle(_ handle: EasyHandle) {
        if idle.count < Self.idleLimit {
            curl_easy_reset(handle.pointer)
            idle.append(handle)
        } else {
            curl_easy_cleanup(handle.pointer)
        }
    }

    private func release() {
        let late = inbox.close()
        for transfer in running.values { end(transfer, .failure(.closed(bodyProgress: transfer.bodyProgress))) }
        late.forEach(refuse)
        for handle in idle { curl_easy_cleanup(handle.pointer) }
        curl_multi_cleanup(inbox.multi)
        for done in stopped { done.resume() }
    }

    private func refuse(_ message: Inbox.Message) {
        switch message {
        case .start(_, _, let reply): reply.resume(returning: .failure(.closed(bodyProgress: .none)))
        case .cancel: break
        case .stop(let done): if let done { stopped.append(done) }
        }
    }
}
