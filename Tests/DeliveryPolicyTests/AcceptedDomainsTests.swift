import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct AcceptedDomainsTests {
    private static let domains = AcceptedDomains(
        ["*@contoso.com", "*@*.fabrikam.com"].compactMap { SenderPattern($0) })

    @Test(arguments: [
        ("ann@contoso.com", 0), ("Ann@CONTOSO.com", 0), ("x@mail.contoso.com", 1), ("x@fabrikam.com", 1),
        ("x@eu.fabrikam.com", 0), ("x@notcontoso.com", 1), ("x@example.org", 1),
    ]) func externalIsWhoIsInNone(recipient: String, externals: Int) {
        #expect(Self.domains.externals(among: [address(recipient)]) == externals)
    }

    @Test func countsEach() {
        let recipients = ["a@contoso.com", "b@example.org", "c@example.org"].map { address($0) }
        #expect(Self.domains.externals(among: recipients) == 2)
        #expect(AcceptedDomains().externals(among: recipients) == 3 && AcceptedDomains().isEmpty)
    }

    @Test func areWrittenAsTheyAreConfiguredAndEachOnce() {
        let patterns = ["*@contoso.com", "*@*.fabrikam.com", "*@contoso.com"].compactMap { SenderPattern($0) }
        #expect(AcceptedDomains(patterns).domains == ["contoso.com", "*.fabrikam.com"])
        #expect(AcceptedDomains(patterns) == Self.domains)
    }
}
