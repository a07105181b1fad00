import Testing

@testable import GraphProtocol

@Suite struct JSONValueTests {
    @Test(arguments: ["", "<html></html>", "{\"a\":", "{'a':1}", "\u{FEFF}x"]) func isNoDocument(_ text: String) {
        #expect(JSONValue(Array(text.utf8)) == nil)
    }

    @Test func bytesThatAreNoUTF8AreNoDocument() {
        #expect(JSONValue([0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D]) == nil)
    }

    @Test func kindsAreKept() throws {
        let value = try #require(JSONValue(Array(#"{"n":null,"t":true,"i":7,"d":1.5,"s":"x","a":[1,"2",{}]}"#.utf8)))
        #expect(value["n"] == .null)
        #expect(value["t"] == .bool(true))
        #expect(value["i"] == .number(7))
        #expect(value["d"] == .number(1.5))
        #expect(value["s"] == .string("x"))
        #expect(value["a"]?.elements == [.number(1), .string("2"), .object([:])])
        #expect(value["missing"] == nil)
        #expect(value["s"]?["x"] == nil)
    }

    @Test func namesAreFoundWhateverTheirCase() {
        let value = JSONValue.object(["innererror": .string("low"), "Code": .string("c")])
        #expect(value["innerError"]?.string == "low")
        #expect(value["code"]?.string == "c")
        #expect(JSONValue.object(["A": .null, "a": .bool(true)])["a"] == .bool(true))
    }

    static let integers: [(JSONValue, Int?)] = [
        (.number(3599), 3599), (.string("3599"), 3599), (.number(3599.9), 3599), (.number(1e300), nil),
        (.string("soon"), nil), (.string(""), nil), (.bool(true), nil), (.null, nil), (.array([]), nil),
    ]

    @Test(arguments: integers) func integer(_ value: JSONValue, is number: Int?) {
        #expect(value.integer == number)
    }

    @Test(arguments: ["plain", "a\"b\\c", "line\r\nend", "\u{0}\u{1F}\u{7F}", "ü用", "/"]) func quotedTextReadsBack(
        _ text: String
    ) {
        #expect(JSONValue(Array(JSONValue.quote(text).utf8)) == .string(text))
    }

    @Test func nestingBeyondReasonIsNoDocument() {
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(JSONValue(Array(deep.utf8)) == nil)
    }
}
