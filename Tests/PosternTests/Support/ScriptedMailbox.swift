import Foundation
import MIME
import NIOConcurrencyHelpers

@testable import Postern

/// One mailbox at Microsoft as far as drafts and lookups go, which loses answers as a test says.
final class ScriptedMailbox: Sendable {
    enum Operation: String, Hashable, Sendable { case token, sendMail, create, send, look, search, delete }

    /// What happens to a call in place of the ordinary.
    enum Trouble: Sendable {
        /// It is done, and the answer is another.
        case after(ScriptedMicrosoft.Answer)
        case instead(ScriptedMicrosoft.Answer)
    }

    struct Item: Sendable {
        var id: String
        var message: [UInt8]
        var isDraft: Bool

        func header(_ name: String) -> String {
            HeaderBlock(parsing: message).first(named: name)?.value ?? ""
        }
    }

    fileprivate struct State {
        var items: [Item] = []
        var created = 0
        var sent = 0
        var troubles: [Operation: [Trouble]] = [:]
        var calls: [Operation] = []
        /// Copies do not show in Sent Items yet.
        var hidesSent = false
    }

    private let state = NIOLockedValueBox(State())
    private let onSend: @Sendable () async -> Void

    /// - Parameter onSend: before a draft is sent.
    init(onSend: @escaping @Sendable () async -> Void = {}) { self.onSend = onSend }

    /// How often a message was sent, by whatever call.
    var sent: Int { state.withLockedValue { $0.sent } }
    var drafts: [Item] { state.withLockedValue { $0.items.filter(\.isDraft) } }
    var copies: [Item] { state.withLockedValue { $0.items.filter { !$0.isDraft } } }
    /// Without those for tokens.
    var calls: [Operation] { state.withLockedValue { $0.calls.filter { $0 != .token } } }

    func add(_ trouble: Trouble, to operation: Operation) {
        state.withLockedValue { $0.troubles[operation, default: []].append(trouble) }
    }
    func hideSent(_ hides: Bool) { state.withLockedValue { $0.hidesSent = hides } }
    func forgetCalls() { state.withLockedValue { $0.calls = [] } }
    func put(_ item: Item) { state.withLockedValue { $0.items.append(item) } }
    func removeAll() { state.withLockedValue { $0.items = [] } }

    var script: ScriptedMicrosoft.Script {
        { call, number in
            let operation = Operation(call)
            if operation == .send { await self.onSend() }
            return self.state.withLockedValue { $0.answer(call, operation, number) }
        }
    }
}

extension ScriptedMailbox.Operation {
    fileprivate init(_ call: ScriptedMicrosoft.Call) {
        let path = call.path.split(separator: "?")[0]
        switch call.method {
        case _ where call.isToken: self = .token
        case "DELETE": self = .delete
        case "GET": self = path.hasSuffix("/messages") ? .search : .look
        default: self = path.hasSuffix("/sendMail") ? .sendMail : path.hasSuffix("/send") ? .send : .create
        }
    }
}

extension ScriptedMailbox.State {
    fileprivate mutating func answer(
        _ call: ScriptedMicrosoft.Call, _ operation: ScriptedMailbox.Operation, _ number: Int
    ) -> ScriptedMicrosoft.Answer {
        calls.append(operation)
        guard let trouble = troubles[operation]?.first else { return perform(call, operation, number) }
        troubles[operation]?.removeFirst()
        switch trouble {
        case .instead(let answer): return answer
        case .after(let answer):
            _ = perform(call, operation, number)
            return answer
        }
    }

    private mutating func perform(
        _ call: ScriptedMicrosoft.Call, _ operation: ScriptedMailbox.Operation, _ number: Int
    ) -> ScriptedMicrosoft.Answer {
        let parts = call.path.split(separator: "?")[0].split(separator: "/")
        let id = parts.firstIndex(of: "messages").flatMap { $0 + 1 < parts.count ? String(parts[$0 + 1]) : nil }
        let index = items.firstIndex { $0.id == id && ($0.isDraft || !hidesSent) }
        switch operation {
        case .token: return ScriptedMicrosoft.token("token-\(number)")
        case .sendMail: return submit(.init(id: "m\(items.count)", message: call.message ?? [], isDraft: false))
        case .create:
            created += 1
            items.append(.init(id: "d\(created)", message: call.message ?? [], isDraft: true))
            return .status(201, [:], #"{"id":"d\#(created)","isDraft":true}"#)
        case .search: return found(call)
        case .look:
            guard let index else { return Self.notFound }
            return .status(200, [:], #"{"id":"\#(items[index].id)","isDraft":\#(items[index].isDraft)}"#)
        case .send:
            guard let index, items[index].isDraft else { return Self.notFound }
            return submit(items.remove(at: index))
        case .delete:
            guard let index else { return Self.notFound }
            items.remove(at: index)
            return .status(204)
        }
    }

    private static let notFound = ScriptedMicrosoft.graphError(404, "ErrorItemNotFound")

    private mutating func submit(_ item: ScriptedMailbox.Item) -> ScriptedMicrosoft.Answer {
        sent += 1
        var copy = item
        copy.isDraft = false
        items.append(copy)
        return ScriptedMicrosoft.accepted
    }

    private func found(_ call: ScriptedMicrosoft.Call) -> ScriptedMicrosoft.Answer {
        let query = call.path.removingPercentEncoding ?? ""
        let values = items.filter { $0.isDraft || !hidesSent }.filter { query.contains("'\($0.header("Message-ID"))'") }
        let list = values.map { item in
            #"{"id":"\#(item.id)","isDraft":\#(item.isDraft),"internetMessageHeaders":"#
                + #"[{"name":"X-Postern-Id","value":"\#(item.header("X-Postern-Id"))"}]}"#
        }
        return .status(200, [:], #"{"value":[\#(list.joined(separator: ","))]}"#)
    }
}
