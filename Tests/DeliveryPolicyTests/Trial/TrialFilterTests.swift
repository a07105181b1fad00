import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct TrialFilterTests {
    private static func patterns(_ texts: String...) -> [SenderPattern] { texts.compactMap { SenderPattern($0) } }
    private static func domains(_ texts: String...) -> [RecipientDomain] { texts.compactMap { RecipientDomain($0) } }

    private static let reports = TrialFilter(senders: patterns("reports@contoso.com"))
    private static let fabrikam = TrialFilter(recipients: domains("fabrikam.com", "*.fabrikam.com"))
    private static let urgent = TrialFilter(priorities: [.high, .normal])
    private static let both = TrialFilter(senders: patterns("*@contoso.com"), recipients: domains("fabrikam.com"))

    static let table: [(TrialFilter, String, [String], Priority, Bool)] = [
        (TrialFilter(), "ann@contoso.com", ["x@fabrikam.com"], .bulk, true),
        (TrialFilter(), "", ["x@fabrikam.com"], .bulk, true),
        (reports, "Reports@Contoso.com", ["x@fabrikam.com"], .normal, true),
        (reports, "ann@contoso.com", ["x@fabrikam.com"], .normal, false),
        (reports, "", ["x@fabrikam.com"], .normal, false),
        (fabrikam, "ann@contoso.com", ["x@FABRIKAM.com", "y@mail.fabrikam.com"], .normal, true),
        (fabrikam, "ann@contoso.com", ["x@fabrikam.com", "y@contoso.com"], .normal, false),
        (fabrikam, "ann@contoso.com", ["x@notfabrikam.com"], .normal, false),
        (urgent, "ann@contoso.com", ["x@fabrikam.com"], .high, true),
        (urgent, "ann@contoso.com", ["x@fabrikam.com"], .bulk, false),
        (both, "ann@contoso.com", ["x@fabrikam.com"], .normal, true),
        (both, "ann@fabrikam.com", ["x@fabrikam.com"], .normal, false),
        (both, "ann@contoso.com", ["x@contoso.com"], .normal, false),
    ]

    @Test(arguments: table)
    func admits(_ filter: TrialFilter, _ sender: String, _ recipients: [String], _ priority: Priority, _ isIn: Bool) {
        let message = TrialCandidate(
            id: id(1), sender: try? Address(parsing: sender), recipients: recipients.map(address), priority: priority)
        #expect(filter.admits(message) == isIn)
    }

    @Test(arguments: ["contoso.com", "*.contoso.com", "mail.contoso.com"]) func domainsReadBack(_ text: String) {
        #expect(RecipientDomain(text)?.description == text)
        #expect(RecipientDomain(text.uppercased()) == RecipientDomain(text))
    }

    @Test(arguments: ["", "*", "*.", "@contoso.com", "a@contoso.com", "con toso.com", "*.*.com"])
    func otherFormsAreRefused(_ text: String) { #expect(RecipientDomain(text) == nil) }
}
