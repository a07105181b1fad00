/// The keys of log metadata. Sentences are constant, what varies stands under one of these.
enum LogKey {
    static let address = "address"
    static let client = "client"
    static let count = "count"
    static let id = "id"
    static let mailbox = "mailbox"
    static let outcome = "outcome"
    static let path = "path"
    static let reason = "reason"
    static let recipients = "recipients"
    static let reply = "reply"
    static let requestID = "request_id"
    static let route = "route"
    static let sender = "sender"
    static let size = "size"
    static let status = "status"
    static let until = "until"
}
