import Testing

@testable import MIME

@Suite struct AutomaticReplyTests {
    @Test(arguments: [
        "Auto-Submitted: auto-replied", "auto-submitted:AUTO-REPLIED; owner-email=\"a@b.c\"",
        "Auto-Submitted: no\r\nAuto-Submitted: auto-replied (vacation)",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
        "Content-Type: Multipart/Report;\r\n report-type=disposition-notification; boundary=x",
        "Subject: x\r\nAuto-Submitted:\r\n auto-replied",
    ]) func answersAnother(_ header: String) {
        #expect(HeaderBlock(parsing: Array("\(header)\r\n\r\nHello\r\n".utf8)).isAutomaticReply)
    }

    @Test(arguments: [
        "Subject: auto-replied", "Auto-Submitted: no", "Auto-Submitted: auto-generated", "Auto-Submitted:",
        "Precedence: bulk\r\nList-Id: <news.contoso.com>", "X-Auto-Response-Suppress: All",
        "Content-Type: multipart/mixed; boundary=report", "Subject: x\r\n\r\nAuto-Submitted: auto-replied", "",
    ]) func isMailOfItsOwn(_ header: String) {
        #expect(!HeaderBlock(parsing: Array("\(header)\r\n\r\nHello\r\n".utf8)).isAutomaticReply)
    }
}
