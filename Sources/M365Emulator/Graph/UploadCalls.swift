import MailModel

/// Attachments too large for one request (attachment: createUploadSession; attach large files to Outlook messages).
extension EmulatorState {
    private static let smallest = 3_000_000
    private static let largest = 150_000_000

    mutating func createUploadSession(_ call: GraphCall, _ id: String) throws(GraphError) -> HTTPAnswer {
        let message = try unsent(call, id)
        let item = try DraftContent.parse(call.body).folded("attachmentitem")
        guard item["attachmentType"].string?.lowercased() == "file" else { throw .sessionOnlyForFiles }
        guard let size = item["size"].int else { throw .badRequest("The property 'size' is required.") }
        guard size >= Self.smallest else { throw .attachmentTooSmall }
        guard size <= Self.largest else { throw .attachmentTooLarge }
        let session = UploadSession(
            id: random.name(32), mailbox: call.mailbox.address, tenantID: call.identity.tenant.id,
            appID: call.identity.app.clientID, messageID: message.immutableID, item: item, size: size,
            expires: call.moment.wall + Duration(fractionalSeconds: settings.graph.uploadLifetime),
            authToken: Base64.encodeURL(random.bytes(48)))
        uploads[session.id] = session
        return HTTPAnswer(
            201,
            json: [
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.uploadSession",
                "uploadUrl": .string(url(of: session, message.draftID, call)),
                "expirationDateTime": .string(session.expires.graphDate), "nextExpectedRanges": ["0-"],
            ])
    }

    private func url(of session: UploadSession, _ message: String, _ call: GraphCall) -> String {
        let host = settings.graph.uploadHost.isEmpty ? call.head["host"] ?? "localhost" : settings.graph.uploadHost
        return "\(call.head.scheme)://\(host)/api/v1.0/Users('\(call.identity.app.clientID)@\(session.tenantID)')"
            + "/Messages('\(message)')/AttachmentSessions('\(session.id)')?authtoken=\(session.authToken)"
    }

    mutating func upload(
        _ id: String, _ head: HTTPHead, _ body: [UInt8], at moment: Moment
    ) throws(GraphError) -> HTTPAnswer {
        guard var session = uploads[id], session.expires > moment.wall else { throw .itemNotFound }
        switch head.method {
        case "GET": return Self.progress(session, next: session.received.count)
        case "DELETE":
            uploads[id] = nil
            return HTTPAnswer(204)
        case "PUT":
            let progress = try session.append(body, range: head["content-range"] ?? "")
            uploads[id] = session
            switch progress {
            case .more(let next): return Self.progress(session, next: next)
            case .complete: return try complete(session, at: moment)
            }
        default: throw .methodNotAllowed
        }
    }

    /// Capital letters and no dash, as in Microsoft's samples of this answer.
    private static func progress(_ session: UploadSession, next: Int) -> HTTPAnswer {
        HTTPAnswer(
            200,
            json: [
                "ExpirationDateTime": .string(session.expires.graphDate),
                "NextExpectedRanges": .strings([String(next)]),
            ])
    }

    private mutating func complete(_ session: UploadSession, at moment: Moment) throws(GraphError) -> HTTPAnswer {
        uploads[session.id] = nil
        guard var message = store.message(session.messageID, of: session.mailbox, at: moment.now), message.isUnsent
        else {
            throw .itemNotFound
        }
        try message.content.attach(session.attachment)
        store.update(message)
        let place =
            "https://outlook.office.com/api/v2.0/Users('\(session.mailbox)')/Messages('\(message.draftID)')"
            + "/Attachments('\(messageItemID())')"
        return HTTPAnswer(201, fields: [("Location", place)])
    }
}

extension JSONValue {
    /// A member by its name in lower case: the service does not mind how a parameter is spelled.
    fileprivate func folded(_ name: String) -> JSONValue {
        object?.first { $0.key.lowercased() == name }?.value ?? .null
    }
}
