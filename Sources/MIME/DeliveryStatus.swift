// The part of a delivery report that programs read: message/delivery-status (RFC 3464 §2; RFC 6533 §3 for addresses outside
// ASCII).

import MailModel

enum DeliveryStatus {
    /// Fields of the message, then a group of fields for each recipient. All of it is ASCII.
    ///
    /// `Original-Recipient` is left out: it repeats the ORCPT of RFC 3461, which is not offered to senders.
    static func part(of report: DeliveryStatusNotification) -> [UInt8] {
        var bytes = Array("Content-Type: message/delivery-status\r\n\r\n".utf8)
        bytes += field("Reporting-MTA", "dns; \(report.hostname)")
        bytes += field("X-Postern-Id", report.original.id.rawValue)
        bytes += field("Arrival-Date", MailDate.format(report.original.arrivalDate))
        for recipient in report.recipients {
            bytes += ASCII.lineEnd + field("Final-Recipient", typed(recipient))
            bytes += field("Action", "failed") + field("Status", "\(report.failure.status)")
            bytes += rest(report.failure)
        }
        return bytes
    }

    private static func rest(_ failure: DeliveryStatusNotification.Failure) -> [UInt8] {
        let code = failure.authority.diagnosticType.map { field("Diagnostic-Code", "\($0); \(failure.diagnostic)") }
        let date = failure.lastAttemptDate.map { field("Last-Attempt-Date", MailDate.format($0)) }
        return (code ?? []) + (date ?? [])
    }

    private static func typed(_ address: Address) -> String {
        address.needsUTF8 ? "utf-8; \(xtext(address))" : "rfc822; \(address)"
    }

    /// `utf-8-addr-xtext` of RFC 6533 §3: what is not plain is `\x{HEX}`.
    private static func xtext(_ address: Address) -> String {
        address.description.unicodeScalars.map { scalar in
            let isPlain = 0x21...0x7E ~= scalar.value && !"\\+=".unicodeScalars.contains(scalar)
            return isPlain ? String(scalar) : "\\x{\(String(scalar.value, radix: 16, uppercase: true))}"
        }.joined()
    }

    private static let longestWord = 400
    private static let longestValue = 2000

    /// Folded between words. What is no visible ASCII becomes a blank or a question mark: encoded words have no place here
    /// (RFC 2047 §5).
    private static func field(_ name: String, _ value: String) -> [UInt8] {
        var writer = FieldWriter(name: name)
        let plain = value.unicodeScalars.prefix(longestValue).map { scalar -> UInt8 in
            if scalar.value < 0x21 || scalar.value == 0x7F { return ASCII.space }
            return scalar.value < 0x7F ? UInt8(scalar.value) : UInt8(ascii: "?")
        }
        for word in plain.split(separator: ASCII.space) {
            for start in stride(from: word.startIndex, to: word.endIndex, by: longestWord) {
                writer.append(String(decoding: word[start..<min(start + longestWord, word.endIndex)], as: UTF8.self))
            }
        }
        return writer.finish()
    }
}

extension DeliveryStatusNotification.Failure.Authority {
    /// `nil` where there was no answer to repeat. A type that IANA does not know begins with `x-` (RFC 3464 §2.1.2).
    fileprivate var diagnosticType: String? {
        switch self {
        case .smtp: "smtp"
        case .graph: "x-graph"
        case .gateway: nil
        }
    }
}
