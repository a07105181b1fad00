// Scheme, host and port of a URL, as libcurl itself will read it, and nothing that could be secret.

import CCurl

struct URLParts: Hashable {
    let scheme: String
    let host: String
    let port: String

    /// For people: the port is named only when it is not the scheme's own.
    var authority: String {
        switch (scheme, port) {
        case ("https", "443"), ("http", "80"): host
        default: "\(host):\(port)"
        }
    }

    /// nil unless `text` is an absolute URL with a host, in a scheme libcurl knows.
    init?(_ text: String) {
        guard let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: url), let host = Self.part(CURLUPART_HOST, of: url),
            let port = Self.part(CURLUPART_PORT, of: url)
        else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
