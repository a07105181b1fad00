import MIME
import MailModel
import Testing

@Suite struct TraceInfoTests {
    static let table: [(String?, String?, String, String)] = [
        ("app01", "192.0.2.7", "ESMTPSA", "from app01 ([192.0.2.7]) by relay.contoso.com with ESMTPSA"),
        ("app01", "2001:db8::1", "ESMTP", "from app01 ([IPv6:2001:db8::1]) by relay.contoso.com with ESMTP"),
        ("[192.0.2.7]", "192.0.2.7", "ESMTP", "from [192.0.2.7] ([192.0.2.7]) by relay.contoso.com with ESMTP"),
        (nil, "192.0.2.7", "HTTP", "from [192.0.2.7] ([192.0.2.7]) by relay.contoso.com with HTTP"),
        ("root", nil, "sendmail", "from root by relay.contoso.com with sendmail"),
        (nil, nil, "local", "by relay.contoso.com with local"),
        ("evil\r\nBcc: x@y", "192.0.2.7", "ESMTP", "from evil??Bcc:?x?y ([192.0.2.7]) by relay.contoso.com with ESMTP"),
        ("a;b(c)\"d\\", nil, "ESMTP", "from a?b?c??d? by relay.contoso.com with ESMTP"),
        ("", nil, "ESMTP", "from unknown by relay.contoso.com with ESMTP"),
    ]

    @Test(arguments: table) func writes(_ row: (String?, String?, String, String)) throws {
        let trace = TraceInfo(
            clientName: row.0, clientAddress: row.1, by: "relay.contoso.com", with: row.2,
            id: QueueID(rawValue: "01kb00000abcde"), date: saturday)
        let block = HeaderBlock(parsing: trace.receivedField)
        #expect(block.fields.count == 1)
        let value = try #require(block.first(named: "Received")).value
        #expect(value == "\(row.3) id 01kb00000abcde; Sat, 21 Nov 2026 09:30:00 +0000")
    }

    @Test func boundsWhatAClientCallsItself() {
        let trace = TraceInfo(
            clientName: String(repeating: "a", count: 5000), clientAddress: "192.0.2.7", by: "relay", with: "ESMTP",
            id: QueueID(rawValue: "1"), date: saturday)
        #expect(String(trace.receivedField).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 300 })
    }
}
