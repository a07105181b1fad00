/// The faults that have been seen of the real service, by name.
extension FaultRule {
    static let presets = graphPresets.merging(smtpPresets) { $1 }

    static let graphPresets: [String: @Sendable (inout FaultRule) -> Void] = [
        "throttle": {
            $0.set(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", retry: "5")
        },
        "unavailable": { $0.set(503, "ServiceNotAvailable", "The service is temporarily unavailable.", retry: "5") },
        "outage": {
            $0.set(503, "ServiceNotAvailable", "The service is temporarily unavailable.")
            $0.lasting("graph")
        },
        "token-outage": {
            $0.set(503, "90033", "The service is temporarily unavailable. Please retry later.")
            $0.lasting("token")
        },
        "504-sent": {
            $0.set(504, "UnknownError", "")
            $0.when = .after
        },
        "504-not-sent": { $0.set(504, "UnknownError", "") },
        "200-sent": {
            $0.set(200, "", "")
            $0.when = .after
        },
        "200-not-sent": { $0.set(200, "", "") },
        "202-retry-after": {
            $0.headers["Retry-After"] = "5"
            $0.when = .after
        },
        "413-html": { $0.html(413, "Request Entity Too Large") },
        "502-html": { $0.html(502, "Bad Gateway") },
        "reset-before-body": {
            $0.effect = .reset
            $0.when = .beforeBody
        },
        "reset-after-body": { $0.effect = .reset },
        "answer-lost": {
            $0.effect = .reset
            $0.when = .after
        },
        "stall": { $0.effect = .stall },
        "stall-sent": {
            $0.effect = .stall
            $0.when = .after
        },
    ]

    static let smtpPresets: [String: @Sendable (inout FaultRule) -> Void] = [
        "smtp-concurrency": {
            $0.smtp(
                432,
                "4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more "
                    + "information. [Hostname={hostname}]")
        },
        "smtp-concurrency-older": { $0.smtp(432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded") },
        "smtp-proxy": { $0.smtp(451, "4.7.0 Temporary server error. Please try again later. PRX2") },
        "smtp-outage": {
            $0.smtp(421, "Service not available, closing transmission channel")
            $0.stage = .any
            $0.count = 0
        },
        "smtp-answer-lost": {
            $0.operation = "smtp"
            $0.effect = .reset
            $0.when = .after
        },
        "smtp-reset": {
            $0.operation = "smtp"
            $0.effect = .reset
        },
    ]

    private mutating func set(_ status: Int, _ code: String, _ message: String, retry: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        if let retry { headers["Retry-After"] = retry }
    }

    private mutating func smtp(_ status: Int, _ text: String) {
        operation = "smtp"
        set(status, "", text)
    }

    /// Until it is taken back.
    private mutating func lasting(_ operation: String) {
        self.operation = operation
        when = .beforeBody
        count = 0
    }

    private mutating func html(_ status: Int, _ title: String) {
        self.status = status
        body = "<html><head><title>\(status) \(title)</title></head><body><h1>\(title)</h1></body></html>"
    }
}
