// What a part holds once its transfer encoding (RFC 2045 §6) and its character set are taken away.

extension PartStructure {
    /// - Parameter message: the bytes the structure was read from.
    /// - Returns: the bytes as they stand, where they are not what their encoding promises.
    package func content(of message: [UInt8]) -> [UInt8] {
        let body = message[bodyRange]
        guard let encoding = TransferEncoding(transferEncoding) else { return Array(body) }
        return (try? TransferDecoder.decode(body, encoding)) ?? Array(body)
    }

    /// `nil` where the part is no text or in an unknown character set.
    package func text(of message: [UInt8]) -> String? {
        guard contentType.type == "text",
            let charset = Charset(contentType.parameters["charset"] ?? "us-ascii")
        else { return nil }
        return charset.decode(content(of: message))
    }

    /// The first part of that media type that is no attachment, `text/plain` for the text of a message.
    package func first(ofType name: String) -> PartStructure? {
        all.first { $0.contentType.name == name && !$0.isAttachment }
    }
}
