// What a part is (RFC 2045 §5, RFC 2183).

/// The media type of a part; `text/plain; charset=us-ascii` where nothing readable is said (RFC 2045 §5.2).
package struct ContentType: Hashable, Sendable {
    /// In lower case, as is `subtype`.
    package let type: String
    package let subtype: String
    /// Names in lower case, values decoded (RFC 2231).
    package let parameters: [String: String]

    package init(of header: HeaderBlock) {
        self.init(parsing: header.first(named: "Content-Type")?.unfolded ?? [])
    }

    package init(parsing value: some Sequence<UInt8>) {
        let field = HeaderParameters(parsing: Array(value))
        let names = field.value.split(separator: "/", omittingEmptySubsequences: false)
        if names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isTokenText) }) {
            (type, subtype) = (String(names[0]), String(names[1]))
            parameters = field.parameters
        } else {
            (type, subtype, parameters) = ("text", "plain", ["charset": "us-ascii"])
        }
    }

    /// `text/plain`
    package var name: String { "\(type)/\(subtype)" }

    package var boundary: String? {
        parameters["boundary"].flatMap { type == "multipart" && !$0.isEmpty ? $0 : nil }
    }

    /// A signature covers the bytes of the body (RFC 1847, RFC 8551): they must not be encoded anew.
    package var isSigned: Bool { name == "multipart/signed" || isCryptographicMessage && !isEncrypted }

    package var isEncrypted: Bool {
        let kind = parameters["smime-type"]?.lowercased()
        return name == "multipart/encrypted"
            || isCryptographicMessage && (kind == "enveloped-data" || kind == "authenveloped-data")
    }

    private var isCryptographicMessage: Bool {
        name == "application/pkcs7-mime" || name == "application/x-pkcs7-mime"
    }
}
