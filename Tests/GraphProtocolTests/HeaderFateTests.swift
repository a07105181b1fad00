import Testing

@testable import GraphProtocol

@Suite struct HeaderFateTests {
    @Test(arguments: [
        ("Auto-Submitted", HeaderFate.Fate.removed), ("AUTO-SUBMITTED", .removed), ("Return-Path", .replaced),
        ("X-MS-Exchange-Organization-SCL", .removed), ("x-ms-exchange-forest-rulesexecuted", .removed),
        ("X-MS-Exchange-CrossTenant-Id", .removed), ("Received", .unsure), ("DKIM-Signature", .unsure),
        ("ARC-Seal", .unsure), ("ARC-Authentication-Results", .unsure), ("Resent-To", .unsure),
        ("Resent-Message-ID", .unsure), ("Errors-To", .unsure),
    ])
    func known(_ name: String, _ fate: HeaderFate.Fate) { #expect(HeaderFate.of(name)?.fate == fate) }

    /// Seen to arrive, or written so.
    @Test(arguments: [
        "Message-ID", "Subject", "To", "Cc", "Date", "X-Mailer", "X-Custom", "List-Unsubscribe", "List-Id",
        "References",
        "X-MS-Exchange", "X-MS-Has-Attach", "X-Auto-Response-Suppress", "Received-SPF", "Content-Type", "Resent", "arc",
        "",
    ])
    func arrivesAsItWas(_ name: String) { #expect(HeaderFate.of(name) == nil) }

    @Test func eachRowSaysWhyAndWhereFrom() {
        for (name, fate) in HeaderFate.table {
            #expect(name == name.lowercased())
            #expect(fate.words.hasSuffix(".") && !fate.source.isEmpty, "\(name)")
        }
        #expect(Set(HeaderFate.table.map(\.name)).count == HeaderFate.table.count)
    }
}
