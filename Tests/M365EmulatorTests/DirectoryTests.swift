import MailModel
import Testing

@testable import M365Emulator

struct DirectoryTests {
    private var directory: Directory {
        var tenant = Tenant.demo
        var shared = Mailbox()
        shared.address = "shared@contoso.com"
        shared.aliases = ["team@fabrikam.com"]
        shared.sendAs = ["*@news.contoso.com"]
        tenant.mailboxes = [shared]
        return Directory(tenants: [tenant])
    }

    @Test(arguments: [
        ("contoso.onmicrosoft.com", true), ("CONTOSO.com", true), ("22222222-2222-2222-2222-222222222222", true),
        ("fabrikam.com", false), ("", false),
    ])
    func findsATenantByIdOrDomain(name: String, isThere: Bool) {
        #expect((directory.tenant(named: name) != nil) == isThere)
    }

    @Test(
        arguments: [
            ("shared@contoso.com", "shared@contoso.com"), ("Team@Fabrikam.com", "shared@contoso.com"),
            ("Anyone@Contoso.com", "anyone@contoso.com"), ("other@fabrikam.com", nil), ("nonsense", nil),
        ] as [(String, String?)])
    func findsAMailboxByAddressAliasOrPattern(name: String, address: String?) {
        #expect(directory.owner(of: name)?.1.address == address)
    }

    @Test func aPatternsMailboxHasTheDefaults() {
        #expect(directory.owner(of: "x@contoso.com")?.1.password == "demo-password")
    }

    @Test(arguments: [
        ("shared@contoso.com", true), ("TEAM@fabrikam.com", true), ("a@news.contoso.com", true),
        ("a@contoso.com", false), ("", false),
    ])
    func knowsWhomAMailboxMayAppearAs(sender: String, may: Bool) {
        #expect(directory.owner(of: "shared@contoso.com")?.1.mayAppear(as: sender) == may)
    }

    @Test func aChangedPatternMailboxIsKept() throws {
        var directory = directory
        #expect(try directory.changeMailbox("new@contoso.com", by: ["full": true])?.full == true)
        #expect(directory.owner(of: "new@contoso.com")?.1.full == true)
        #expect(directory.owner(of: "new@contoso.com")?.1.password == "demo-password")
        #expect(directory.owner(of: "other@contoso.com")?.1.full == false)
        #expect(try directory.changeMailbox("new@elsewhere.com", by: [:]) == nil)
    }

    @Test func changesAnApp() throws {
        var directory = directory
        #expect(try directory.changeApp(Bench.app, by: ["enabled": false])?.enabled == false)
        #expect(directory.app(Bench.app, in: directory.tenants[0])?.enabled == false)
        #expect(try directory.changeApp("nobody", by: [:]) == nil)
        #expect(throws: SettingsError.self) { try directory.changeApp(Bench.app, by: ["enable": false]) }
    }

    static let roles: [(consented: [String], scoped: [String], mailbox: String, holds: Bool)] = [
        (["Mail.Send"], [], "a@contoso.com", true),
        ([], [], "a@contoso.com", false),
        (["Mail.Read"], [], "a@contoso.com", false),
        ([], ["Mail.Send"], "in@scope.com", true),
        ([], ["Mail.Send"], "out@contoso.com", false),
        (["Mail.Send"], ["Mail.Send"], "out@contoso.com", true),
    ]

    /// RBAC adds to consent: a tenant-wide consent makes its scope void.
    @Test(arguments: roles) func addsScopedRolesToConsentedOnes(
        consented: [String], scoped: [String], mailbox: String, holds: Bool
    ) {
        var app = App()
        app.scopedRoles = scoped
        app.scope = ["*@scope.com"]
        #expect(app.holds(["Mail.Send"], among: consented, for: mailbox) == holds)
    }

    @Test(arguments: [("", false), ("2026-01-01", true), ("2030-01-01", false)])
    func aSecretExpires(on date: String, hasExpired: Bool) {
        let now = Timestamp(secondsSince1970: 1_795_000_000)
        #expect(App.Secret(value: "x", expires: date).hasExpired(at: now) == hasExpired)
    }
}
