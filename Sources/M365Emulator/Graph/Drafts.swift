import MailModel

/// Drafts: create, attach, send, delete (create message; add attachment; message: send; delete message).
extension EmulatorState {
    mutating func createDraft(_ call: GraphCall) throws(GraphError) -> HTTPAnswer {
        let content: DraftContent
        switch call.head.mediaType {
        case "text/plain": content = try DraftContent(base64: call.body)
        case "application/json", "": content = try DraftContent(json: try DraftContent.parse(call.body))
        default: throw GraphError(415, "UnsupportedMediaType", "The Content-Type of the request is not supported.")
        }
        guard !call.mailbox.full else { throw .quotaExceeded }
        let message = newMessage(content, call)
        store.add(message)
        return HTTPAnswer(201, json: message.json(call))
    }

    mutating func sendDraft(_ call: GraphCall, _ id: String) throws(GraphError) -> HTTPAnswer {
        var message = try unsent(call, id)
        try submit(&message, call)
        store.update(message)
        return HTTPAnswer(202)
    }

    mutating func delete(_ call: GraphCall, _ id: String) throws(GraphError) -> HTTPAnswer {
        store.remove(try existing(call, id))
        return HTTPAnswer(204)
    }

    mutating func attach(_ call: GraphCall, _ id: String) throws(GraphError) -> HTTPAnswer {
        var message = try unsent(call, id)
        let attachment = try DraftAttachment(json: try DraftContent.parse(call.body))
        try message.content.attach(attachment)
        store.update(message)
        return HTTPAnswer(
            201,
            json: [
                "@odata.type": "#microsoft.graph.fileAttachment", "id": .string(messageItemID()),
                "name": .string(attachment.name), "contentType": .string(attachment.contentType),
                "size": .number(attachment.bytes.count), "isInline": .bool(attachment.isInline),
            ])
    }

    func existing(_ call: GraphCall, _ id: String) throws(GraphError) -> StoredMessage {
        guard let message = store.message(id, of: call.mailbox.address, at: call.moment.now) else {
            throw .itemNotFound
        }
        return message
    }

    /// A draft that was sent is gone, even while it waits in Drafts for its turn.
    func unsent(_ call: GraphCall, _ id: String) throws(GraphError) -> StoredMessage {
        let message = try existing(call, id)
        guard message.isUnsent else { throw .itemNotFound }
        return message
    }
}
