import Testing

@testable import HTTPTransport

@Suite struct FailureClassifierTests {
    private static let proxy = URLParts("http://joe:geheim@proxy.test:3128")

    /// An account of a transfer to graph.test that has come this far.
    private static func account(
        proxy: URLParts? = nil, lookedUp: Bool = false, started: Bool = false,
        progress: HTTPFailure.BodyProgress = .none, status: Int? = nil, proxyStatus: Int = 0
    ) -> TransferAccount {
        TransferAccount(
            host: "graph.test", proxy: proxy, hasLookedUp: lookedUp, hasStarted: started,
            proxyStatus: proxyStatus, progress: progress, status: status, detail: "detail")
    }

    private static let connected = account(lookedUp: true)
    private static let sending = account(lookedUp: true, started: true, progress: .partial)
    private static let waiting = account(lookedUp: true, started: true, progress: .complete)

    static let stages: [(Int, TransferAccount, HTTPFailure.Stage, String)] = [
        (1, account(), .setup, "graph.test"),
        (1, waiting, .receive, "graph.test"),
        (5, account(proxy: proxy), .proxy, "cannot resolve the proxy proxy.test:3128"),
        (6, account(), .resolve, "cannot resolve graph.test: check the name and this machine's DNS"),
        (7, account(lookedUp: true), .connect, "cannot connect to graph.test (detail)"),
        (7, account(proxy: proxy, lookedUp: true), .proxy, "cannot connect to the proxy proxy.test:3128"),
        (18, waiting, .receive, "graph.test failed: detail"),
        (27, account(), .setup, "graph.test"),
        (28, account(), .resolve, "no connection to graph.test in time"),
        (28, account(lookedUp: true), .connect, "no connection to graph.test in time"),
        (28, account(proxy: proxy, lookedUp: true), .proxy, "no connection to the proxy"),
        (28, sending, .send, "could not be sent in time"),
        (28, waiting, .receive, "had the whole request but did not answer in time"),
        (35, connected, .tls, "TLS handshake with graph.test failed (detail)"),
        (52, waiting, .receive, "graph.test"),
        (55, sending, .send, "graph.test"),
        (55, connected, .connect, "graph.test"),
        (56, sending, .send, "graph.test"),
        (56, waiting, .receive, "graph.test"),
        (56, account(proxy: proxy, lookedUp: true, proxyStatus: 407), .proxy, "user and a password"),
        (56, account(proxy: proxy, lookedUp: true, proxyStatus: 403), .proxy, "status 403"),
        (60, connected, .tls, "ca_file"),
        (77, connected, .tls, "ca_file"),
        (92, sending, .send, "graph.test"),
        (97, account(proxy: proxy), .proxy, "the proxy proxy.test:3128"),
    ]

    @Test(arguments: stages)
    func stage(of code: Int, _ account: TransferAccount, is stage: HTTPFailure.Stage, words: String) {
        let failure = HTTPFailure(curlCode: code, account)
        #expect(failure.stage == stage)
        #expect(failure.text.contains(words), "\(failure.text)")
        #expect(!failure.text.contains("geheim"))
        #expect(failure.timedOut == (code == 28))
        #expect(failure.curlCode == code)
        #expect(failure.bodyProgress == account.progress)
    }

    @Test func aStatusThatHadComeIsReported() {
        var account = Self.account(started: true, progress: .partial, status: 202)
        account.headers = ["request-id": "7"]
        let failure = HTTPFailure(curlCode: 92, account)
        #expect(failure.status == 202)
        #expect(failure.headers?["Request-ID"] == "7")
        #expect(failure.stage == .receive)
    }

    static let ambiguities: [(HTTPFailure.BodyProgress, Int?, Int, Bool)] = [
        (.none, nil, 56, false), (.partial, nil, 55, false), (.complete, nil, 56, true), (.complete, nil, 28, true),
        (.none, nil, 92, false), (.partial, nil, 92, true), (.complete, nil, 92, true),
        (.partial, 202, 92, true), (.complete, 201, 18, true), (.partial, 429, 92, false), (.complete, 503, 56, false),
    ]

    @Test(arguments: ambiguities)
    func ambiguity(_ progress: HTTPFailure.BodyProgress, status: Int?, code: Int, mayHaveBeenActedOn: Bool) {
        let failure = HTTPFailure(
            stage: .receive, bodyProgress: progress, status: status, curlCode: code, text: "failed")
        #expect(failure.mayHaveBeenActedOn == mayHaveBeenActedOn)
    }

    @Test func ourOwnTroubleComesFirst() {
        var unreadable = Self.sending
        unreadable.bodyError = "disk"
        #expect(HTTPFailure(curlCode: 42, unreadable).stage == .setup)
        #expect(HTTPFailure(curlCode: 42, unreadable).text.contains("disk"))
        var refused = Self.waiting
        refused.refusedResend = true
        #expect(HTTPFailure(curlCode: 65, refused).stage == .receive)
        #expect(HTTPFailure(curlCode: 65, refused).text.contains("may have been acted on"))
    }

    @Test func theSystemsReasonIsPreferred() {
        var account = Self.account(lookedUp: true)
        account.systemError = 111
        #expect(HTTPFailure(curlCode: 7, account).text.contains("(Connection refused)"))
    }

    @Test func behindTheProxyTheHostIsMeant() {
        let account = Self.account(proxy: Self.proxy, lookedUp: true, proxyStatus: 200)
        #expect(HTTPFailure(curlCode: 60, account).text.contains("certificate of graph.test"))
    }
}
