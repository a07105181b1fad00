import MIME
import Testing

@Suite struct ContentTypeTests {
    static let table: [(String, String, [String: String])] = [
        ("text/plain", "text/plain", [:]),
        ("Text/HTML; Charset=UTF-8", "text/html", ["charset": "UTF-8"]),
        (#"multipart/mixed; boundary="a b;c""#, "multipart/mixed", ["boundary": "a b;c"]),
        ("multipart/mixed; boundary=----=_Part_1", "multipart/mixed", ["boundary": "----=_Part_1"]),
        ("text/plain (a comment); charset=utf-8 (another)", "text/plain", ["charset": "utf-8"]),
        ("text/plain;; charset=utf-8;", "text/plain", ["charset": "utf-8"]),
        ("text/plain; charset = utf-8", "text/plain", ["charset": "utf-8"]),
        ("application/pdf; name=annual report.pdf", "application/pdf", ["name": "annual report.pdf"]),
        (#"application/pdf; name="=?utf-8?Q?=C3=BC.pdf?=""#, "application/pdf", ["name": "ü.pdf"]),
        ("application/pdf; name*=utf-8''%C3%BC.pdf", "application/pdf", ["name": "ü.pdf"]),
        ("application/pdf; name*=iso-8859-1'en'%FC.pdf", "application/pdf", ["name": "ü.pdf"]),
        ("a/b; n*0*=utf-8''%C3; n*1*=%BC; n*2=.pdf", "a/b", ["n": "ü.pdf"]),
        ("a/b; n*1=two; n*0=one", "a/b", ["n": "onetwo"]),
        ("a/b; n*2=c; n*1=b; n*0=a", "a/b", ["n": "abc"]),
        ("a/b; n=plain; n*=utf-8''%C3%BC", "a/b", ["n": "ü"]),
        ("a/b; n=first; n=second", "a/b", ["n": "first"]),
        ("a/b; n*=%C3%", "a/b", ["n": "%C3%"]),
        ("a/b; =x; y", "a/b", [:]),
        ("", "text/plain", ["charset": "us-ascii"]),
        ("rubbish; boundary=x", "text/plain", ["charset": "us-ascii"]),
        ("a/b/c", "text/plain", ["charset": "us-ascii"]),
        ("/plain", "text/plain", ["charset": "us-ascii"]),
    ]

    @Test(arguments: table) func reads(_ row: (String, String, [String: String])) {
        let type = ContentType(parsing: row.0.utf8)
        #expect(type.name == row.1)
        #expect(type.parameters == row.2)
    }

    static let protection: [(String, signed: Bool, encrypted: Bool)] = [
        ("multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=x", true, false),
        ("multipart/encrypted; boundary=x", false, true),
        ("application/pkcs7-mime; smime-type=signed-data", true, false),
        ("application/pkcs7-mime; smime-type=Enveloped-Data", false, true),
        ("application/x-pkcs7-mime; smime-type=authEnveloped-data", false, true),
        ("application/pkcs7-mime", true, false),
        ("multipart/mixed; boundary=x", false, false),
        ("application/pkcs7-signature", false, false),
    ]

    @Test(arguments: protection) func tellsWhatIsProtected(_ row: (String, signed: Bool, encrypted: Bool)) {
        let type = ContentType(parsing: row.0.utf8)
        #expect(type.isSigned == row.signed)
        #expect(type.isEncrypted == row.encrypted)
    }

    @Test func onlyMultipartsHaveBoundaries() {
        #expect(ContentType(parsing: "text/plain; boundary=x".utf8).boundary == nil)
        #expect(ContentType(parsing: "multipart/mixed; boundary=\"\"".utf8).boundary == nil)
        #expect(ContentType(parsing: "multipart/mixed; boundary=x".utf8).boundary == "x")
    }
}
