import MIME
import Testing

@Suite struct EncodedWordTests {
    static let table: [(String, String)] = [
        ("", ""),
        ("plain", "plain"),
        ("Grüße", "Grüße"),
        ("=?utf-8?Q?J=C3=BCrgen?=", "Jürgen"),
        ("=?UTF-8?q?J=c3=bcrgen?=", "Jürgen"),
        ("=?utf-8?B?SsO8cmdlbg==?=", "Jürgen"),
        ("=?utf-8?b?SsO8cmdlbg?=", "Jürgen"),
        ("=?iso-8859-1?Q?J=FCrgen?=", "Jürgen"),
        ("=?ISO-8859-15?Q?=A4?=", "€"),
        ("=?windows-1252?Q?=80_5?=", "€ 5"),
        ("=?us-ascii?Q?plain_text?=", "plain text"),
        ("=?utf-8*en?Q?lang?=", "lang"),
        ("=?utf-8?Q?a_=5F_b?=", "a _ b"),
        ("=?utf-8?Q??=", ""),
        // RFC 2047 §8's examples
        ("=?ISO-8859-1?Q?a?=", "a"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a =?ISO-8859-2?Q?_b?="),
        // a character cut in two, different character sets side by side, text around
        ("=?utf-8?Q?J=C3?= =?utf-8?Q?=BCrgen?=", "Jürgen"),
        ("=?utf-8?B?SsM=?= =?utf-8?Q?=BC?=", "Jü"),
        ("=?utf-8?Q?=C3=BC?= =?iso-8859-1?Q?=FC?=", "üü"),
        ("Re: =?utf-8?Q?=C3=BC?= end", "Re: ü end"),
        ("a=?utf-8?Q?b?=c", "abc"),
        ("  =?utf-8?Q?a?=", "  a"),
        ("=?utf-8?Q?a?=  ", "a  "),
        ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        // what is no encoded word stays
        ("=?koi8-r?B?8NLJ18XU?=", "=?koi8-r?B?8NLJ18XU?="),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?B?!!!?=", "=?utf-8?B?!!!?="),
        ("=?utf-8?Q?abc", "=?utf-8?Q?abc"),
        ("=?utf-8?Q?abc?", "=?utf-8?Q?abc?"),
        ("=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="),
        ("=?utf-8?", "=?utf-8?"),
        ("=?", "=?"),
        ("=", "="),
        ("1+1=?", "1+1=?"),
        ("=?=?utf-8?Q?a?=", "=?a"),
        ("=?utf-8?Q?bad=ZZ?=", "bad=ZZ"),
    ]

    @Test(arguments: table) func decodes(_ row: (String, String)) { #expect(EncodedWord.decode(row.0) == row.1) }

    @Test func readsEightBitAround() {
        #expect(EncodedWord.decode([0xFC, 0x20] + Array("=?utf-8?Q?=C3=BC?=".utf8)) == "ü ü")
    }
}
