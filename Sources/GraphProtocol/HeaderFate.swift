// What becomes of header fields that go by Graph's MIME form, as far as it is known: from Microsoft's documents where they
// speak, from what others have seen where they do not. A field that is not in the table arrives as it was ("Sending emails
// with MIME content"; "Things to know about sending mail": MIME content is passed on more or less intact).

package struct HeaderFate: Hashable, Sendable {
    package enum Fate: String, Hashable, Sendable, CaseIterable {
        /// Recipients do not see it.
        case removed
        /// They see another value.
        case replaced
        /// Nobody has written down what they see.
        case unsure
    }

    package let fate: Fate
    /// A sentence or two for people.
    package let words: String
    /// Where it says so.
    package let source: String

    /// - Parameter name: of the field, in any case.
    /// - Returns: `nil` for a field that arrives as it was.
    package static func of(_ name: String) -> HeaderFate? {
        let name = name.lowercased()
        return table.first { row in
            row.name.hasSuffix("*") ? name.hasPrefix(row.name.dropLast()) : name == row.name
        }?.fate
    }

    private static let firewall = "\"Header firewall\" (Exchange)"
    private static let undocumented = "not documented"

    /// A `*` stands for any end of the name.
    static let table: [(name: String, fate: HeaderFate)] = [
        (
            "auto-submitted",
            HeaderFate(
                fate: .removed,
                words: "Exchange removes it, so that other systems may answer the message by themselves. "
                    + "`X-Auto-Response-Suppress: All` asks those of Exchange not to.",
                source: "microsoftgraph/msgraph-sdk-dotnet, issue 2209")
        ),
        (
            "return-path",
            HeaderFate(
                fate: .replaced, words: "Exchange puts the mailbox's address in its place: bounces go there.",
                source: "microsoftgraph/msgraph-sdk-dotnet, issue 2209")
        ),
        (
            "x-ms-exchange-organization-*",
            HeaderFate(
                fate: .removed, words: "Exchange takes it for a forgery of its own headers and removes it.",
                source: firewall)
        ),
        (
            "x-ms-exchange-forest-*",
            HeaderFate(
                fate: .removed, words: "Exchange takes it for a forgery of its own headers and removes it.",
                source: firewall)
        ),
        (
            "x-ms-exchange-crosstenant-*",
            HeaderFate(
                fate: .removed, words: "Exchange writes its own in its place.", source: firewall)
        ),
        (
            "received",
            HeaderFate(
                fate: .unsure, words: "Whether the trace of earlier hops arrives is not documented.",
                source: undocumented)
        ),
        (
            "dkim-signature",
            HeaderFate(
                fate: .unsure,
                words:
                    "Whether an earlier signature arrives is not documented; Exchange signs with the tenant's own key.",
                source: undocumented)
        ),
        (
            "arc-*",
            HeaderFate(
                fate: .unsure, words: "Whether an earlier chain of authentication arrives is not documented.",
                source: undocumented)
        ),
        (
            "resent-*",
            HeaderFate(
                fate: .unsure,
                words:
                    "What Graph makes of fields of a message that was resent is not documented; a `Resent-Bcc` is removed "
                    + "by Postern.",
                source: undocumented)
        ),
        (
            "errors-to",
            HeaderFate(
                fate: .unsure, words: "Bounces go to the mailbox, whatever it says.", source: undocumented)
        ),
    ]
}
