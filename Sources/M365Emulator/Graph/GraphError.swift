import MailModel

/// Graph's error answers (Microsoft Graph error responses, and what has been seen of Outlook's codes).
struct GraphError: Error, Hashable, Sendable {
    var status: Int
    var code: String
    var message: String
    var fields: [HTTPAnswer.Field] = []

    init(_ status: Int, _ code: String, _ message: String, fields: [HTTPAnswer.Field] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
    }

    func answer(requestID: String, clientRequestID: String, wall: Timestamp) -> HTTPAnswer {
        let inner: JSONValue = [
            "date": .string(wall.errorDate), "request-id": .string(requestID),
            "client-request-id": .string(clientRequestID),
        ]
        let error: JSONValue = ["code": .string(code), "message": .string(message), "innerError": inner]
        var answer = HTTPAnswer(status, json: ["error": error])
        answer.fields += fields
        return answer
    }
}

extension GraphError {
    static func token(_ message: String) -> GraphError {
        GraphError(
            401, "InvalidAuthenticationToken", message,
            fields: [
                .init(
                    name: "WWW-Authenticate",
                    value: "Bearer realm=\"\", "
                        + "authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", "
                        + "client_id=\"00000003-0000-0000-c000-000000000000\"")
            ])
    }

    static let accessDenied = GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    static let policyDenied = GraphError(
        403, "ErrorAccessDenied",
        "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.")
    static let sendAsDenied = GraphError(
        403, "ErrorSendAsDenied",
        "The user account which was used to submit this request does not have the right to send mail on behalf of the "
            + "specified sending account., Cannot submit message.")
    static let quotaExceeded = GraphError(
        403, "ErrorQuotaExceeded", "Cannot save changes made to an item to store.")
    static func invalidUser(_ name: String) -> GraphError {
        GraphError(404, "ErrorInvalidUser", "The requested user '\(name)' is invalid.")
    }
    static let mailboxNotEnabled = GraphError(
        404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
    static let itemNotFound = GraphError(
        404, "ErrorItemNotFound", "The specified object was not found in the store.")
    static let unknownSegment = GraphError(400, "BadRequest", "Resource not found for the segment in the request.")
    static let notFound = GraphError(404, "ResourceNotFound", "Resource could not be discovered.")
    static let methodNotAllowed = GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed.")

    static let invalidBase64 = GraphError(
        400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
    static let noRecipients = GraphError(
        400, "ErrorInvalidRecipients",
        "At least one recipient is not valid., A message can't be sent because it contains no recipients.")
    static func invalidRecipient(_ text: String) -> GraphError {
        GraphError(
            400, "ErrorInvalidRecipients",
            "At least one recipient is not valid., Recipient '\(text)' is not resolved. All recipients must be resolved "
                + "before a message can be submitted.")
    }
    static let tooManyRecipients = GraphError(
        400, "ErrorExceededMaxRecipientLimit", "The number of recipients exceeds the limit of recipients per message.")
    static func badRequest(_ message: String) -> GraphError { GraphError(400, "RequestBodyRead", message) }
    static func headerName(_ name: String) -> GraphError {
        GraphError(
            400, "InvalidInternetMessageHeader",
            "The internet message header name '\(name)' should start with 'x-' or 'X-'.")
    }
    static let tooManyHeaders = GraphError(
        400, "InvalidInternetMessageHeaderCollection",
        "Maximum number of headers in one message should be less than or equal to 5")

    static let requestTooLarge = GraphError(413, "RequestEntityTooLarge", "Request Entity Too Large")
    static let requestTooLong = GraphError(400, "BadRequest", "The maximum request length supported is 4MB.")
    static let messageTooLarge = GraphError(
        413, "ErrorMessageSizeExceeded",
        "The message exceeds the maximum supported size., Cannot save changes made to an item to store.")

    static let attachmentTooSmall = GraphError(
        400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
        "The attachment size should be greater than the minimum size of 3 MB for an upload session.")
    static let attachmentTooLarge = GraphError(
        413, "ErrorAttachmentSizeLimitExceeded", "The attachment size exceeds the allowed limit of 150 MB.")
    static let sessionOnlyForFiles = GraphError(
        405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments",
        "The attachment session is supported only for file attachments.")
    static let uploadAudience = GraphError(
        401, "InvalidAudienceForResource",
        "The audience claim value is invalid for current resource. Audience claim is 'https://graph.microsoft.com/', "
            + "request url is 'https://outlook.office.com' and resource type is 'Exchange'.")
    static func invalidRange(_ message: String) -> GraphError { GraphError(416, "InvalidContentRange", message) }

    static func throttled(_ reason: MailboxThrottle.Reason) -> GraphError {
        switch reason {
        case .mailboxConcurrency:
            GraphError(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
        case .incomingBytes: GraphError(429, "ApplicationThrottled", "Application is over its IncomingBytes limit.")
        case .requests: GraphError(429, "TooManyRequests", "Please retry again later.")
        }
    }
}
