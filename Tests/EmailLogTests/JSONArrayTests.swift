import Foundation
import MailModel
import Testing

@testable import EmailLog

@Suite struct JSONArrayTests {
    @Test(arguments: [
        ["ann@fabrikam.com"], ["ann@fabrikam.com", "bob@fabrikam.com"], [#""a\"b\\c"@x.com"#],
        ["jürgen@bücher.example"], ["\"with blank\"@x.com"],
    ])
    func roundTrip(_ texts: [String]) throws {
        let addresses = texts.map(address)
        let text = JSONArray.encode(addresses)
        #expect(JSONArray.decode(text) == addresses)
        #expect(JSONArray.strings(text) == addresses.map(\.description))
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String] == addresses.map(\.description))
    }

    @Test(arguments: ["", "[]", "{}", "[1]", #"["nobody"]"#, #"["a@x.com", "nobody"]"#])
    func notAddresses(_ text: String) { #expect(JSONArray.decode(text) == nil) }
}
