// What is said to an upload session ("attachment: createUploadSession"; "Attach large files to Outlook messages"). Its URL is
// the credential: a bearer token beside it is refused.

/// Requests to a session's own URL. They count against the mailbox's limits like all others.
package enum UploadRequest {
    /// The octets of a range, ten times 320 KiB: below the 4 MB of one request, and a size that all of Graph's uploads take.
    package static let rangeLength = 3_276_800

    /// - Parameters:
    ///   - range: offsets in the attachment, not empty.
    ///   - size: of the whole attachment.
    package static func put(_ range: Range<Int>, of size: Int, to session: UploadSession) -> WireRequest {
        WireRequest(
            method: .put, url: session.url,
            headers: [
                .init("Content-Type", "application/octet-stream"),
                .init("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"),
            ],
            body: .range(length: range.count))
    }

    /// How far it has come.
    package static func ask(_ session: UploadSession) -> WireRequest { WireRequest(method: .get, url: session.url) }
}
