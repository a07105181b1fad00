import MailModel

/// What a request asks for, from its method and path alone. The words are those of fault rules and counters.
package enum Operation: String, Hashable, Sendable, CaseIterable {
    case token, managedIdentity
    case sendMail, draft, attachment, uploadSession, upload, send, query, delete
    case smtp
    case other
}

enum Route: Hashable, Sendable {
    case token(tenant: String)
    case managedIdentity
    case mailbox(user: String, MailboxCall)
    case upload(session: String)
    case control([String])
    case unknown

    init(_ head: HTTPHead) {
        let path = head.segments
        switch path.first {
        case "_emulator": self = .control(Array(path.dropFirst()))
        case "metadata" where path == ["metadata", "identity", "oauth2", "token"]: self = .managedIdentity
        case "v1.0", "beta": self = Self.graph(head.method, path.dropFirst())
        case "api": self = Self.uploadSession(in: path)
        default: self = Array(path.dropFirst()) == ["oauth2", "v2.0", "token"] ? .token(tenant: path[0]) : .unknown
        }
    }

    private static func graph(_ method: String, _ path: ArraySlice<String>) -> Route {
        guard path.first == "users", let user = path.dropFirst().first,
            let call = MailboxCall(method, Array(path.dropFirst(2)))
        else { return .unknown }
        return .mailbox(user: user, call)
    }

    /// `/api/v1.0/Users('…')/Messages('…')/AttachmentSessions('…')`
    private static func uploadSession(in path: [String]) -> Route {
        guard let last = path.last, last.hasPrefix("AttachmentSessions('"), last.hasSuffix("')") else {
            return .unknown
        }
        return .upload(session: String(last.dropFirst(20).dropLast(2)))
    }

    var operation: Operation {
        switch self {
        case .token: .token
        case .managedIdentity: .managedIdentity
        case .mailbox(_, let call): call.operation
        case .upload: .upload
        case .control, .unknown: .other
        }
    }
}

/// The part of Graph's mail interface that is here.
enum MailboxCall: Hashable, Sendable {
    case sendMail
    case createDraft
    case list(folder: String?)
    case read(id: String)
    case delete(id: String)
    case send(id: String)
    case attach(id: String)
    case createUploadSession(id: String)

    init?(_ method: String, _ path: [String]) {
        switch (method, path.count, path.first) {
        case ("POST", 1, "sendMail"), ("POST", 1, "microsoft.graph.sendMail"): self = .sendMail
        case ("POST", 1, "messages"): self = .createDraft
        case ("GET", 1, "messages"): self = .list(folder: nil)
        case ("GET", 3, "mailFolders") where path[2] == "messages": self = .list(folder: path[1])
        case ("GET", 2, "messages"): self = .read(id: path[1])
        case ("DELETE", 2, "messages"): self = .delete(id: path[1])
        case ("POST", 3, "messages") where path[2] == "send": self = .send(id: path[1])
        case ("POST", 3, "messages") where path[2] == "attachments": self = .attach(id: path[1])
        case ("POST", 4, "messages") where path[2...] == ["attachments", "createUploadSession"]:
            self = .createUploadSession(id: path[1])
        default: return nil
        }
    }

    var operation: Operation {
        switch self {
        case .sendMail: .sendMail
        case .createDraft: .draft
        case .list, .read: .query
        case .delete: .delete
        case .send: .send
        case .attach: .attachment
        case .createUploadSession: .uploadSession
        }
    }

    /// Any of these permits the call (Graph permissions reference).
    var sufficientRoles: [String] {
        switch self {
        case .sendMail, .send: ["Mail.Send"]
        case .createDraft, .delete, .attach, .createUploadSession: ["Mail.ReadWrite"]
        case .list, .read: ["Mail.Read", "Mail.ReadBasic.All", "Mail.ReadBasic", "Mail.ReadWrite"]
        }
    }
}
