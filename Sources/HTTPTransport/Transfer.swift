// One request in libcurl's hands, and what has come of it so far. Confined to the transfer thread.

import CCurl

final class Transfer {
    let id: TransferID
    let request: HTTPRequest
    let handle: EasyHandle
    let reply: Reply
    private var upload: Upload
    private var collector: ResponseCollector
    private var resend: ResendGuard
    private var refusedResend = false
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// Held because libcurl does not copy them.
    private var anchors: TrustAnchors?

    init(id: TransferID, request: HTTPRequest, handle: EasyHandle, reply: Reply, responseLimit: Int) {
        self.id = id
        self.request = request
        self.handle = handle
        self.reply = reply
        upload = Upload(request.body)
        collector = ResponseCollector(limit: responseLimit)
        resend = ResendGuard(isSafe: request.isSafe, length: request.body.length)
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// Sets every option; a failure is of stage `setup`.
    func prepare(_ trust: inout TrustStore) throws(HTTPFailure) {
        let options = TransferOptions(request: request, handle: handle)
        try options.validate()
        if let file = request.endpoint.caFile {
            do { anchors = try trust.anchors(adding: file) } catch { throw .unusable(error) }
        }
        headerList = options.headerList()
        do {
            try options.apply(headers: headerList, anchors: anchors)
            try handle.set(CURLOPT_ERRORBUFFER, pointer: errorText)
            try installCallbacks(on: handle, context: Unmanaged.passUnretained(self).toOpaque())
        } catch {
            throw .setup("libcurl refuses an option: \(String(cString: curl_easy_strerror(error.code)))")
        }
    }

    // MARK: What the callbacks ask

    func readBody(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        upload.read(into: buffer)
    }

    func rewindBody() -> Bool {
        guard resend.mayRewind(counters) else {
            refusedResend = true
            return false
        }
        upload.rewind()
        return true
    }

    func mayStart() -> Bool {
        let may = resend.mayStart(counters)
        refusedResend = refusedResend || !may
        return may
    }

    func receiveHeader(_ line: UnsafeRawBufferPointer) {
        collector.header(line)
    }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) {
        collector.body(bytes)
    }

    // MARK: What came of it

    var bodyProgress: HTTPFailure.BodyProgress {
        resend.progress(counters)
    }

    func outcome(_ code: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
        code == CURLE_OK ? .success(collector.response) : .failure(HTTPFailure(curlCode: Int(code.rawValue), account))
    }

    func cancelled() -> HTTPFailure {
        HTTPFailure(
            stage: .cancelled, bodyProgress: bodyProgress, status: collector.finalStatus, headers: account.headers,
            text: "the request to \(account.host) was cancelled")
    }

    private var counters: ResendGuard.Counters {
        ResendGuard.Counters(requestBytes: handle.long(CURLINFO_REQUEST_SIZE), bodyOffered: upload.offered)
    }

    private var account: TransferAccount {
        TransferAccount(
            host: URLParts(request.url)?.authority ?? "the host",
            proxy: request.endpoint.proxy.flatMap(URLParts.init),
            hasLookedUp: handle.offset(CURLINFO_NAMELOOKUP_TIME_T) > 0,
            hasStarted: resend.hasStarted,
            proxyStatus: handle.long(CURLINFO_HTTP_CONNECTCODE),
            progress: bodyProgress,
            status: collector.finalStatus,
            headers: collector.finalStatus == nil ? nil : collector.headers,
            refusedResend: refusedResend,
            bodyError: upload.error.map { "\($0)" },
            systemError: Int32(truncatingIfNeeded: handle.long(CURLINFO_OS_ERRNO)),
            detail: String(cString: errorText))
    }
}
