// libcurl's result codes as stages and sentences (https://curl.se/libcurl/c/libcurl-errors.html).

import CCurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is known of a transfer when it fails.
struct TransferAccount {
    var host: String
    var proxy: URLParts?
    var hasLookedUp = false
    /// A connection was ready and the request began to leave.
    var hasStarted = false
    /// The proxy's answer to CONNECT; 0 without one.
    var proxyStatus = 0
    var progress = HTTPFailure.BodyProgress.none
    var status: Int?
    var headers: HTTPHeaders?
    /// libcurl wanted to send a request again that had left whole, and was not let.
    var refusedResend = false
    var bodyError: String?
    var systemError: Int32 = 0
    var detail = ""

    /// Whom we were speaking to: the proxy until it has let us through.
    fileprivate var peer: String {
        guard let proxy, proxyStatus / 100 != 2, !hasStarted else { return host }
        return "the proxy \(proxy.authority)"
    }

    fileprivate var reason: String {
        let reason = systemError != 0 ? String(cString: strerror(systemError)) : detail
        return reason.isEmpty ? "" : " (\(reason))"
    }
}

extension HTTPFailure {
    init(curlCode: Int, _ account: TransferAccount) {
        let code = CURLcode(UInt32(curlCode))
        self.init(
            stage: Self.stage(code, account), bodyProgress: account.progress, status: account.status,
            headers: account.headers, timedOut: code == CURLE_OPERATION_TIMEDOUT, curlCode: curlCode,
            text: Self.text(code, account))
    }

    static func setup(_ text: String) -> HTTPFailure {
        HTTPFailure(stage: .setup, text: text)
    }

    static func unusable(_ error: TrustStore.Unusable) -> HTTPFailure {
        .setup("ca_file \(error.path) cannot be used (\(error.reason)): name a readable PEM file with certificates")
    }

    /// Before anything of the request was done.
    static let cancelled = HTTPFailure(stage: .cancelled, text: "the request was cancelled before it was sent")

    static func closed(bodyProgress: BodyProgress) -> HTTPFailure {
        HTTPFailure(stage: .closed, bodyProgress: bodyProgress, text: "the HTTP client was shut down")
    }

    private static func stage(_ code: CURLcode, _ account: TransferAccount) -> Stage {
        if account.bodyError != nil { return .setup }
        if account.refusedResend { return .receive }
        if isRefusedByProxy(account) { return .proxy }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy
        case CURLE_COULDNT_CONNECT: return account.proxy == nil ? .connect : .proxy
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CLIENTCERT, CURLE_SSL_ENGINE_NOTFOUND:
            return .tls
        case CURLE_SEND_ERROR: return account.hasStarted ? .send : .connect
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY,
            CURLE_BAD_FUNCTION_ARGUMENT, CURLE_NOT_BUILT_IN:
            return account.hasStarted ? stageByProgress(account) : .setup
        default: return stageByProgress(account)
        }
    }

    /// The step that was under way: for time-outs and broken connections. Before the request begins, libcurl 7.88 does
    /// not tell a TCP connection from a TLS handshake.
    private static func stageByProgress(_ account: TransferAccount) -> Stage {
        if account.hasStarted { return account.progress == .complete || account.status != nil ? .receive : .send }
        if account.proxy != nil { return .proxy }
        return account.hasLookedUp ? .connect : .resolve
    }

    private static func isRefusedByProxy(_ account: TransferAccount) -> Bool {
        account.proxyStatus >= 300
    }

    private static func text(_ code: CURLcode, _ account: TransferAccount) -> String {
        if let error = account.bodyError { return "the request's body could not be read: \(error)" }
        if account.refusedResend {
            return "\(account.host) closed the connection without an answer after the whole request; "
                + "it was not sent again, and may have been acted on"
        }
        if isRefusedByProxy(account) { return proxyText(account) }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return "cannot resolve \(account.host): check the name and this machine's DNS"
        case CURLE_COULDNT_RESOLVE_PROXY:
            return "cannot resolve \(account.peer): check the proxy setting and this machine's DNS"
        case CURLE_COULDNT_CONNECT:
            return
                "cannot connect to \(account.peer)\(account.reason): check the address, the firewall and the proxy setting"
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: return trustText(account)
        case CURLE_SSL_CONNECT_ERROR: return "the TLS handshake with \(account.peer) failed (\(account.detail))"
        case CURLE_OPERATION_TIMEDOUT: return timeoutText(account)
        default: return plainText(code, account)
        }
    }

    private static func proxyText(_ account: TransferAccount) -> String {
        let hint =
            account.proxyStatus == 407 ? "give it a user and a password" : "ask whoever runs it to allow this host"
        return "the proxy \(account.proxy?.authority ?? "") refused the way to \(account.host) "
            + "(status \(account.proxyStatus)): \(hint)"
    }

    private static func trustText(_ account: TransferAccount) -> String {
        "the certificate of \(account.peer) is not trusted (\(account.detail)): if an authority of your own or an "
            + "inspecting proxy issued it, name that authority's certificate in ca_file"
    }

    private static func timeoutText(_ account: TransferAccount) -> String {
        switch stageByProgress(account) {
        case .receive: "\(account.host) had the whole request but did not answer in time"
        case .send: "the request to \(account.host) could not be sent in time: check the uplink"
        case .setup, .resolve, .connect, .proxy, .tls, .cancelled, .closed:
            "no connection to \(account.peer) in time (\(account.detail)): check DNS, the firewall and the proxy setting"
        }
    }

    private static func plainText(_ code: CURLcode, _ account: TransferAccount) -> String {
        let detail = account.detail.isEmpty ? String(cString: curl_easy_strerror(code)) : account.detail
        return "the exchange with \(account.peer) failed: \(detail)"
    }
}
