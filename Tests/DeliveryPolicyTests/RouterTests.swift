import DeliveryPolicy
import MailModel
import Testing

@Suite struct RouterTests {
    private static func pattern(_ text: String) -> SenderPattern {
        guard let pattern = SenderPattern(text) else { preconditionFailure("not a pattern: \(text)") }
        return pattern
    }

    private static let router = Router([
        .init(
            name: "contoso", senders: [pattern("*@contoso.com"), pattern("*@*.contoso.com")],
            mailboxes: [
                .init(senders: pattern("*@*.contoso.com"), mailbox: address("sub@contoso.com")),
                .init(senders: pattern("*@reports.contoso.com"), mailbox: address("reports@contoso.com")),
                .init(senders: pattern("boss@reports.contoso.com"), mailbox: address("boss@contoso.com")),
                .init(senders: pattern("*@reports.contoso.com"), mailbox: address("second@contoso.com")),
            ]),
        .init(name: "fabrikam", senders: [pattern("*@fabrikam.com")], mailbox: address("relay@fabrikam.com")),
        .init(name: "late", senders: [pattern("vip@contoso.com")], mailbox: address("never@contoso.com")),
        .init(name: "northwind", senders: [pattern("*@northwind.com"), pattern("*@fabrikam.com")]),
    ])

    private static func lane(_ route: String, _ mailbox: String) -> Router.Routing {
        .lane(LaneKey(route: route, mailbox: address(mailbox)))
    }

    static let table: [(from: String?, sender: String?, Router.Routing)] = [
        ("a@contoso.com", nil, lane("contoso", "a@contoso.com")),
        ("A@Contoso.COM", "x@fabrikam.com", lane("contoso", "a@contoso.com")),
        (nil, "a@contoso.com", lane("contoso", "a@contoso.com")),
        ("vip@contoso.com", nil, lane("contoso", "vip@contoso.com")),
        ("a@eu.contoso.com", nil, lane("contoso", "sub@contoso.com")),
        ("a@reports.contoso.com", nil, lane("contoso", "reports@contoso.com")),
        ("Boss@reports.contoso.com", nil, lane("contoso", "boss@contoso.com")),
        ("a@fabrikam.com", "b@contoso.com", lane("fabrikam", "relay@fabrikam.com")),
        ("a@northwind.com", nil, lane("northwind", "a@northwind.com")),
        ("a@elsewhere.com", "b@contoso.com", .noRoute),
        (nil, nil, .noRoute),
    ]

    @Test(arguments: table) func routes(from: String?, sender: String?, expected: Router.Routing) {
        let routing = Self.router.route(headerFrom: from.map(address), envelopeSender: sender.map(address))
        #expect(routing == expected)
    }

    @Test func withoutAnySenderAMailboxMustBeNamed() {
        let open = Router([.init(name: "all", senders: [Self.pattern("*")])])
        #expect(open.route(headerFrom: nil, envelopeSender: nil) == .noMailbox(route: "all"))
        let named = Router([.init(name: "all", senders: [Self.pattern("*")], mailbox: address("noreply@contoso.com"))])
        #expect(named.route(headerFrom: nil, envelopeSender: nil) == Self.lane("all", "noreply@contoso.com"))
    }

    @Test func noRulesTakeNothing() {
        #expect(Router([]).route(headerFrom: address("a@contoso.com"), envelopeSender: nil) == .noRoute)
    }
}
