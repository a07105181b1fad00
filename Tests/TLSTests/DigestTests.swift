import Testing

@testable import TLS

@Suite struct DigestTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func sha256(text: String, expected: String) { #expect(Digest.sha256(Array(text.utf8)) == bytes(hex: expected)) }

    @Test func sha1() { #expect(Digest.sha1("abc".utf8) == bytes(hex: "a9993e364706816aba3e25717850c26c9cd0d89d")) }

    /// RFC 4231 §4.2, §4.3, §4.7 (a key longer than a block).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func hmac(key: [UInt8], message: String, expected: String) {
        #expect(hmacSHA256(key: key, Array(message.utf8)) == bytes(hex: expected))
    }

    @Test func hmacOfNothing() {
        let expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(hmacSHA256(key: [], []) == bytes(hex: expected))
    }

    @Test(arguments: [0, 1, 16, 1000])
    func randomBytesComeInTheNumberAsked(count: Int) {
        #expect(secureRandomBytes(count).count == count)
        #expect(count < 16 || secureRandomBytes(count) != secureRandomBytes(count))
    }

    @Test(arguments: [
        ([], [], true), ([1, 2], [1, 2], true), ([1, 2], [1, 3], false), ([1], [1, 2], false), ([], [0], false),
    ])
    func comparison(left: [UInt8], right: [UInt8], expected: Bool) {
        #expect(constantTimeEquals(left, right) == expected)
    }
}
