// Reading what a token endpoint answers: a token, or why there is none (RFC 6749 §5.1 and §5.2; "Microsoft Entra
// authentication and authorization error codes"; "How to use managed identities on a VM", error handling).

package import MailModel

package enum TokenAnswer {
    package enum Issuer: Hashable, Sendable {
        case entra
        /// The metadata service: all values are strings, and 404 and 410 are passing states.
        case managedIdentity
    }

    /// - Parameter now: for a Retry-After that is a date.
    package static func read(
        _ response: WireResponse, from issuer: Issuer, now: Timestamp
    ) -> Result<AccessToken, TokenFailure> {
        let body = JSONValue(response.body)
        guard response.status == 200 else { return .failure(failure(response, body, issuer, now)) }
        guard let text = body?["access_token"]?.string, isToken(text),
            let life = body?["expires_in"]?.integer, life > 0
        else { return .failure(.unreadable(status: response.status, page: RemoteText.title(ofHTML: response.body))) }
        let refresh = body?["refresh_in"]?.integer.flatMap { $0 > 0 ? Duration.seconds($0) : nil }
        let type = body?["token_type"]?.string ?? "Bearer"
        return .success(AccessToken(text: text, type: type, expiresIn: .seconds(life), refreshIn: refresh))
    }

    /// What goes into a header line must not be able to end it.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }

    private static func failure(
        _ response: WireResponse, _ body: JSONValue?, _ issuer: Issuer, _ now: Timestamp
    ) -> TokenFailure {
        let words = body?["error_description"]?.string ?? ""
        let codes = errorCodes(body, words)
        let error = body?["error"]?.string.map { RemoteText.clean($0) }
        let verdict = EntraErrors.judge(status: response.status, error: error, codes: codes, issuer: issuer)
        return TokenFailure(
            kind: verdict.kind,
            retryAfter: response.retryAfter(now: now),
            status: response.status, error: error, codes: codes,
            text: text(words, error, response), explanation: verdict.explanation,
            correlationID: body?["correlation_id"]?.string.map { RemoteText.clean($0) })
    }

    /// The numbers of `error_codes`; where they are missing, the one the description begins with.
    private static func errorCodes(_ body: JSONValue?, _ description: String) -> [Int] {
        let listed = body?["error_codes"]?.elements.compactMap(\.integer) ?? []
        guard listed.isEmpty, description.hasPrefix("AADSTS") else { return listed }
        let digits = description.utf8.dropFirst(6).prefix { 0x30...0x39 ~= $0 }
        return Int(String(Substring(digits))).map { [$0] } ?? []
    }

    /// The first line, without the trace that Entra appends.
    private static func text(_ description: String, _ error: String?, _ response: WireResponse) -> String {
        let line = description.utf8.prefix { $0 != 0x0D && $0 != 0x0A }
        let words = RemoteText.clean(String(Substring(line))).components(before: " Trace ID:")
        if !words.isEmpty { return words }
        let page = RemoteText.title(ofHTML: response.body).map { " (a page titled \"\($0)\")" } ?? ""
        return "the token endpoint answered HTTP \(response.status)\(error.map { " \($0)" } ?? page)"
    }
}

extension String {
    /// What stands before the marker; all of it where there is none.
    fileprivate func components(before marker: String) -> String {
        let bytes = Array(utf8)
        let wanted = Array(marker.utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: wanted) }
        return start.map { String(decoding: bytes[..<$0], as: UTF8.self) } ?? self
    }
}
