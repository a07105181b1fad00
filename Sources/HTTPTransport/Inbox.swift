// What callers leave for the transfer thread. Nobody but that thread touches libcurl, except to wake it here.

import CCurl
import NIOConcurrencyHelpers

typealias TransferID = UInt64
typealias Reply = CheckedContinuation<Result<HTTPResponse, HTTPFailure>, Never>

final class Inbox: Sendable {
    enum Message: Sendable {
        case start(TransferID, HTTPRequest, Reply)
        case cancel(TransferID)
        /// The continuation, if any, resumes when everything is released.
        case stop(CheckedContinuation<Void, Never>?)
    }

    private struct State {
        var messages: [Message] = []
        var lastID: TransferID = 0
        var isOpen = true
    }

    /// Used by the transfer thread alone, but for `curl_multi_wakeup`, which is allowed from any thread
    /// and here only called, under the lock, while `isOpen`.
    nonisolated(unsafe) let multi: UnsafeMutableRawPointer
    private let state = NIOLockedValueBox(State())

    init(multi: UnsafeMutableRawPointer) {
        self.multi = multi
    }

    func newID() -> TransferID {
        state.withLockedValue { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// false when the transport is shut down: the message was not taken.
    func post(_ message: Message) -> Bool {
        state.withLockedValue { state in
            guard state.isOpen else { return false }
            state.messages.append(message)
            if state.messages.count == 1 { curl_multi_wakeup(multi) }
            return true
        }
    }

    func drain() -> [Message] {
        state.withLockedValue { state in
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// From here on nothing is taken; what was left is returned.
    func close() -> [Message] {
        state.withLockedValue { state in
            state.isOpen = false
            defer { state.messages = [] }
            return state.messages
        }
    }
}
