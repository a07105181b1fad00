import Testing

@testable import GraphProtocol

@Suite struct PercentEncodingTests {
    static let components = [
        ("reports@contoso.com", "reports@contoso.com"),
        ("a+b@contoso.com", "a%2Bb@contoso.com"),
        ("o'brien@contoso.com", "o%27brien@contoso.com"),
        ("jürgen@contoso.com", "j%C3%BCrgen@contoso.com"),
        ("用户@例子.cn", "%E7%94%A8%E6%88%B7@%E4%BE%8B%E5%AD%90.cn"),
        ("a b@c.d", "a%20b@c.d"),
        ("a/../b@c.d", "a%2F..%2Fb@c.d"),
        ("a?b#c%d@e.f", "a%3Fb%23c%25d@e.f"),
        ("user_1-x~y.z@c.d", "user_1-x~y.z@c.d"),
        ("\r\nHost: x", "%0D%0AHost%3A%20x"),
        ("", ""),
    ]

    @Test(arguments: components) func component(_ text: String, is encoded: String) {
        #expect(PercentEncoding.component(text) == encoded)
    }

    static let values = [
        ("abc8Q~x.y_z-1*", "abc8Q%7Ex.y_z-1*"),
        ("a b+c", "a+b%2Bc"),
        ("a&b=c", "a%26b%3Dc"),
        ("https://graph.microsoft.com/.default", "https%3A%2F%2Fgraph.microsoft.com%2F.default"),
        ("ü\"%", "%C3%BC%22%25"),
    ]

    @Test(arguments: values) func formValue(_ text: String, is encoded: String) {
        #expect(String(decoding: PercentEncoding.form([("k", text)]), as: UTF8.self) == "k=\(encoded)")
    }

    @Test func formJoinsPairsInOrder() {
        let bytes = PercentEncoding.form([("b", "1"), ("a", ""), ("c d", "2")])
        #expect(String(decoding: bytes, as: UTF8.self) == "b=1&a=&c+d=2")
    }
}
