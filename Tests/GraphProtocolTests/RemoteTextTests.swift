import Testing

@testable import GraphProtocol

@Suite struct RemoteTextTests {
    static let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln"

    static let table = [
        ("plain words stay, with punctuation: [x]=1", "plain words stay, with punctuation: [x]=1"),
        ("  two\r\nlines\tand\u{0}more  ", "two lines and\u{0}more".replacingNUL),
        ("token \(jwt) refused", "token *** refused"),
        ("Authorization: Bearer abcdefghijklmnop0123", "Authorization: Bearer ***"),
        ("Bearer token missing", "Bearer token missing"),
        ("client_secret=abc8Q~x&scope=y", "client_secret=***&scope=y"),
        ("{\"access_token\":\"short\",\"x\":1}", "{\"access_token\":\"***\",\"x\":1}"),
        ("client_assertion=\(jwt)", "client_assertion=***"),
        ("the password expired", "the password expired"),
        (String(repeating: "A", count: 100), "***"),
        (String(repeating: "A", count: 99), String(repeating: "A", count: 99)),
        (
            "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
            "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"
        ),
        ("", ""),
    ]

    @Test(arguments: table) func clean(_ text: String, gives cleaned: String) {
        #expect(RemoteText.clean(text) == cleaned)
    }

    @Test func textIsBounded() {
        let long = String(repeating: "word ", count: 10_000)
        #expect(RemoteText.clean(long).count == RemoteText.limit)
    }

    static let pages: [(String, String?)] = [
        ("<html><head><TITLE>502 Bad\n Gateway</Title></head>", "502 Bad Gateway"),
        ("<title></title>", nil), ("<title>cut", nil), ("", nil), ("{}", nil), ("</title><title>", nil),
        ("<title>Überlast</title>", "Überlast"),
    ]

    @Test(arguments: pages) func title(of page: String, is title: String?) {
        #expect(RemoteText.title(ofHTML: Array(page.utf8)) == title)
    }
}

extension String {
    fileprivate var replacingNUL: String { String(map { $0 == "\u{0}" ? " " : $0 }) }
}
