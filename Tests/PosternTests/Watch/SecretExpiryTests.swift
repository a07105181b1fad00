import MailModel
import Testing

@testable import Postern

@Suite struct SecretExpiryTests {
    private let expiry = SecretExpiry(route: "contoso", date: noon)

    @Test(
        arguments: [
            (61 * 86400, 61, nil), (60 * 86400 + 1, 60, nil), (60 * 86400, 60, 60), (31 * 86400, 31, 60),
            (30 * 86400, 30, 30), (7 * 86400 + 1, 7, 30), (7 * 86400, 7, 7), (86401, 1, 7), (86400, 1, 1), (1, 0, 1),
            (0, 0, 0), (-1, -1, 0), (-86400, -1, 0), (-86401, -2, 0),
        ] as [(Int, Int, Int?)])
    func thresholds(_ left: Int, _ days: Int, _ threshold: Int?) {
        let now = after(-left)
        #expect(expiry.daysLeft(at: now) == days)
        #expect(expiry.threshold(at: now) == threshold)
    }

    @Test(arguments: [
        (2 * 86400 + 5, "the credential of route contoso expires on 2026-11-21, in 2 days"),
        (86400, "the credential of route contoso expires on 2026-11-21, in 1 day"),
        (0, "the credential of route contoso has expired on 2026-11-21"),
        (-9, "the credential of route contoso has expired on 2026-11-21"),
    ])
    func words(_ left: Int, _ text: String) { #expect(expiry.text(at: after(-left)) == text) }

    /// One line at each threshold, one at the start, and again for another date.
    @Test func warningsAreGivenOnce() {
        var warnings = SecretWarnings()
        let days = [90, 61, 60, 59, 40, 30, 29, 8, 7, 6, 2, 1, 0, -1, -2]
        let given = days.filter { !warnings.due([expiry], at: after(-$0 * 86400)).isEmpty }
        #expect(given == [60, 30, 7, 1, 0])
        var later = SecretWarnings()
        #expect(later.due([expiry], at: after(-20 * 86400)) == [expiry], "a start within the thresholds")
        #expect(later.due([expiry], at: after(-19 * 86400)).isEmpty)
        let renewed = SecretExpiry(route: "contoso", date: after(400 * 86400))
        #expect(later.due([renewed], at: noon).isEmpty)
        #expect(later.due([renewed], at: after(399 * 86400)) == [renewed])
    }
}
