import Testing

/// One thing that an operator may find broken, and how it is mended: at Microsoft's side, or in the configuration.
struct Breakage: Sendable, CustomTestStringConvertible {
    /// A change by the emulator's control interface.
    struct Change: Sendable {
        /// `app`, or the path behind `/_emulator/`.
        var what: String
        var json: String

        init(_ what: String, _ json: String) { (self.what, self.json) = (what, json) }
    }

    var name: String
    var configuration = GatewayConfiguration()
    /// `nil`: the same.
    var mended: GatewayConfiguration?
    var breaking: [Change] = []
    var mending: [Change] = []
    /// The emulator speaks TLS, and so nobody can control it.
    var tls = false

    /// What `postern check` calls it, what it says of it, and how it ends.
    var line: String
    var words: String
    var exit: Int32
    /// Nothing but a message shows it.
    var needsMessage = false

    var testDescription: String { name }
}

extension Breakage.Change {
    func apply(to emulator: Emulator) async throws {
        switch what {
        case "revoke-tokens": try await emulator.revokeTokens()
        case "app": try await emulator.changeApp(json)
        default: try await emulator.change(what, json)
        }
    }
}

extension Breakage {
    private static let secretLife = #"{"secrets": [{"value": "demo-secret", "expires": "2020-01-01"}]}"#
    private static let goodSecret = #"{"secrets": [{"value": "demo-secret"}]}"#
    private static let goodRoles = #"{"graphRoles": ["Mail.Send"], "scopedRoles": [], "scope": []}"#
    private static let certificate = GatewayConfiguration(credential: "certificate: {file: CERTIFICATE}")
    private static let registration = #"{"certificates": ["REGISTRATION"]}"#
    private static let smtp = GatewayConfiguration(route: ["primary: smtp"], smtp: [])
    private static let mailbox = "mailbox/reports@contoso.com"

    static let expiredSecret = Breakage(
        name: "secret", breaking: [Change("app", secretLife)], mending: [Change("app", goodSecret)], line: "token",
        words: "AADSTS7000222", exit: 77)

    static let smtpOff = Breakage(
        name: "SMTP AUTH off", configuration: smtp, breaking: [Change(mailbox, #"{"smtpAuthentication": false}"#)],
        mending: [Change(mailbox, #"{"smtpAuthentication": true}"#)], line: "smtp",
        words: "disabled for the Mailbox", exit: 77)

    static let fullMailbox = Breakage(
        name: "mailbox full", breaking: [Change(mailbox, #"{"full": true}"#)],
        mending: [Change(mailbox, #"{"full": false}"#)], line: "send graph", words: "ErrorQuotaExceeded", exit: 77,
        needsMessage: true)

    /// With those above, all but Send As, which no waiting mends.
    static let others = [
        Breakage(
            name: "certificate", configuration: certificate, breaking: [Change("app", #"{"certificates": []}"#)],
            mending: [Change("app", registration)], line: "token", words: "AADSTS700027", exit: 77),
        Breakage(
            name: "role", breaking: [Change("app", #"{"graphRoles": [], "exchangeRoles": []}"#)],
            mending: [Change("app", goodRoles)], line: "graph",
            words: "ErrorAccessDenied", exit: 77),
        Breakage(
            name: "role for SMTP", configuration: smtp,
            breaking: [Change("app", #"{"graphRoles": [], "exchangeRoles": []}"#)],
            mending: [Change("app", #"{"exchangeRoles": ["SMTP.SendAsApp"]}"#), Change("revoke-tokens", "")],
            line: "smtp", words: "535 5.7.3", exit: 77),
        Breakage(
            name: "RBAC scope",
            breaking: [
                Change(
                    "app", #"{"graphRoles": [], "scopedRoles": ["Mail.Send"], "scope": ["other@contoso.com"]}"#)
            ],
            mending: [Change("app", #"{"scope": ["*@contoso.com"]}"#)], line: "graph", words: "ErrorAccessDenied",
            exit: 77),
        Breakage(
            name: "SMTP AUTH off for the tenant", configuration: smtp,
            breaking: [Change("tenant/\(Emulator.tenant)", #"{"smtpAuthentication": false}"#)],
            mending: [Change("tenant/\(Emulator.tenant)", #"{"smtpAuthentication": true}"#)], line: "smtp",
            words: "disabled for the Tenant", exit: 77),
        Breakage(
            name: "mailbox full by SMTP", configuration: smtp, breaking: [Change(mailbox, #"{"full": true}"#)],
            mending: [Change(mailbox, #"{"full": false}"#)], line: "send smtp", words: "554 5.2.2", exit: 77,
            needsMessage: true),
        Breakage(
            name: "untrusted CA", mended: GatewayConfiguration(graph: ["ca_file: AUTHORITY"]), tls: true, line: "tls",
            words: "certificate", exit: 69),
        Breakage(
            name: "untrusted CA of SMTP",
            configuration: GatewayConfiguration(route: ["primary: smtp"], smtp: ["ca_file: ~"]), mended: smtp,
            line: "smtp", words: "certificate", exit: 69),
        Breakage(
            name: "DNS", configuration: GatewayConfiguration(endpoint: "https://nowhere.invalid"),
            mended: GatewayConfiguration(), line: "dns", words: "nowhere.invalid", exit: 69),
        Breakage(
            name: "DNS of SMTP",
            configuration: GatewayConfiguration(route: ["primary: smtp"], smtp: ["host: nowhere.invalid"]),
            mended: smtp, line: "dns", words: "nowhere.invalid", exit: 69),
        Breakage(
            name: "clock", configuration: certificate,
            breaking: [Change("app", registration), Change("settings", #"{"clock": {"offset": 3600}}"#)],
            mending: [Change("settings", #"{"clock": {"offset": 0}}"#)], line: "clock", words: "s behind the server",
            exit: 1),
    ]

    /// Right at once is the message's own failure; others of the mailbox go on.
    static let sendAs = Breakage(
        name: "SendAs", configuration: GatewayConfiguration(route: ["mailbox: shared@contoso.com"]),
        mending: [Change("mailbox/shared@contoso.com", #"{"sendAs": ["*@contoso.com"]}"#)], line: "send graph",
        words: "ErrorSendAsDenied", exit: 1, needsMessage: true)

    static let all = [expiredSecret, smtpOff, fullMailbox, sendAs] + others
}
