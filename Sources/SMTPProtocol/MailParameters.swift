/// What the parameters of a MAIL command say about the message to come (RFC 5321 §4.1.1.11 and the extensions' RFCs).
package struct MailParameters: Hashable, Sendable {
    /// BODY= of RFC 6152, and RFC 3030's third value.
    package enum Body: String, Hashable, Sendable, CaseIterable {
        case sevenBit = "7BIT"
        case eightBitMIME = "8BITMIME"
        case binaryMIME = "BINARYMIME"
    }

    /// Octets, the client's estimate (RFC 1870).
    package var size: Int?
    package var body: Body?
    /// RFC 6531: addresses and headers may hold UTF-8.
    package var smtpUTF8 = false
    /// AUTH= of RFC 4954 §5, as written; nobody here trusts it.
    package var auth: String?
    /// RET= of RFC 3461: `FULL` or `HDRS`.
    package var ret: String?
    /// ENVID= of RFC 3461, as written.
    package var envelopeID: String?

    package init() {}
}
