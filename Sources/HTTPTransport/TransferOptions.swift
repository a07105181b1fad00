// A request as libcurl's options (https://curl.se/libcurl/c/curl_easy_setopt.html).

import CCurl

struct TransferOptions {
    let request: HTTPRequest
    let handle: EasyHandle

    /// What libcurl would take amiss, or report with a secret in the message.
    func validate() throws(HTTPFailure) {
        guard let url = URLParts(request.url), isWeb(url) else {
            throw .setup("the request's URL is not an absolute http or https URL")
        }
        if let proxy = request.endpoint.proxy {
            guard let parts = URLParts(proxy), isWeb(parts) else {
                throw .setup("the proxy is not of the form http(s)://[user:password@]host:port")
            }
        }
        if let bad = request.headers.first(where: { !isClean($0.name) || $0.name.isEmpty || !isClean($0.value) }) {
            throw .setup(
                "the request header \(isClean(bad.name) ? bad.name : "(unprintable)") holds a control character")
        }
        guard isClean(request.method), !request.method.isEmpty, !request.method.utf8.contains(0x20) else {
            throw .setup("the request's method is malformed")
        }
    }

    func apply(
        headers: UnsafeMutablePointer<curl_slist>?, anchors: TrustAnchors?
    ) throws(EasyHandle.Rejected) {
        try handle.set(CURLOPT_URL, request.url)
        try handle.set(CURLOPT_HTTPHEADER, list: headers)
        try applyMethod()
        try applyRoute()
        try applyTrust(anchors)
        try applyTimeouts()
        try applyHabits()
    }

    /// To be freed by the caller. "Name;" is libcurl's way to send an empty value. "Expect:" sends none: libcurl would
    /// otherwise wait up to a second for a server's leave before a large body.
    func headerList() -> UnsafeMutablePointer<curl_slist>? {
        let lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        return (lines + ["Expect:"]).reduce(nil) { list, line in curl_slist_append(list, line) }
    }

    /// Whatever has a body is an upload to libcurl, so that one callback serves them all.
    private func applyMethod() throws(EasyHandle.Rejected) {
        switch (request.method, request.body.length) {
        case ("GET", 0): try handle.set(CURLOPT_HTTPGET, 1)
        case ("HEAD", 0): try handle.set(CURLOPT_NOBODY, 1)
        case ("DELETE", 0), ("OPTIONS", 0), ("TRACE", 0): try handle.set(CURLOPT_CUSTOMREQUEST, request.method)
        case (let method, let length):
            try handle.set(CURLOPT_UPLOAD, 1)
            try handle.set(CURLOPT_INFILESIZE_LARGE, offset: length)
            try handle.set(CURLOPT_CUSTOMREQUEST, method)
        }
    }

    /// An empty proxy and an empty list of exceptions keep libcurl from looking into the environment.
    private func applyRoute() throws(EasyHandle.Rejected) {
        let version = request.endpoint.version == .http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS
        try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_FOLLOWLOCATION, 0)
        try handle.set(CURLOPT_HTTP_VERSION, version)
        try handle.set(CURLOPT_PIPEWAIT, request.endpoint.version == .http1 ? 0 : 1)
        try handle.set(CURLOPT_PROXY, request.endpoint.proxy ?? "")
        try handle.set(CURLOPT_NOPROXY, "")
        try handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    private func applyTrust(_ anchors: TrustAnchors?) throws(EasyHandle.Rejected) {
        guard let anchors else { return }
        try handle.set(CURLOPT_CAINFO_BLOB, blob: anchors.pem)
        try handle.set(CURLOPT_PROXY_CAINFO_BLOB, blob: anchors.pem)
    }

    private func applyTimeouts() throws(EasyHandle.Rejected) {
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, request.timeouts.connect.curlMilliseconds)
        try handle.set(CURLOPT_TIMEOUT_MS, request.timeouts.total.curlMilliseconds)
        try handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try handle.set(CURLOPT_LOW_SPEED_TIME, request.timeouts.stalled.curlSeconds)
    }

    /// Without QUICK_EXIT a transfer ended during its name lookup would hold up the thread, and so all others,
    /// until the resolver gives up.
    private func applyHabits() throws(EasyHandle.Rejected) {
        try handle.set(CURLOPT_NOSIGNAL, 1)
        try handle.set(CURLOPT_TCP_KEEPALIVE, 1)
        try handle.set(CURLOPT_QUICK_EXIT, 1)
    }

    private func isWeb(_ url: URLParts) -> Bool {
        url.scheme == "http" || url.scheme == "https"
    }

    private func isClean(_ text: String) -> Bool {
        text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }
}
