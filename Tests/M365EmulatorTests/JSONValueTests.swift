import Testing

@testable import M365Emulator

struct JSONValueTests {
    @Test(arguments: [
        #"null"#, #"true"#, #"-3"#, #"2.5"#, #""a/b""#, #"[1,"x",null]"#, #"{"a":{"b":[]},"c":9007199254740991}"#,
    ])
    func comesBackAsItWas(text: String) throws {
        #expect(try String(decoding: JSONValue(parsing: Array(text.utf8)).encoded, as: UTF8.self) == text)
    }

    @Test(arguments: ["", "{", "nul", "{a:1}"])
    func refusesWhatIsNoJSON(text: String) {
        #expect(throws: (any Error).self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func readsMembersWithoutComplaint() {
        let json: JSONValue = ["a": [1, "x"], "b": ["c": true]]
        #expect(json["a"][0].int == 1)
        #expect(json["a"][1].string == "x")
        #expect(json["a"][2].isNull)
        #expect(json["b"]["c"].bool == true)
        #expect(json["b"]["d"]["e"].isNull)
        #expect(json["a"].object == nil)
    }

    @Test(arguments: [("true", true), ("False", false), ("yes", nil)] as [(String, Bool?)])
    func takesTruthAsText(text: String, is value: Bool?) {
        #expect(JSONValue.string(text).bool == value)
    }

    @Test func mergesObjectsAndReplacesTheRest() {
        let own: JSONValue = ["a": ["x": 1, "y": 2], "b": [1, 2], "c": "old"]
        let merged = own.merged(with: ["a": ["y": 3], "b": [9], "d": nil])
        #expect(merged == ["a": ["x": 1, "y": 3], "b": [9], "c": "old", "d": nil])
    }
}
