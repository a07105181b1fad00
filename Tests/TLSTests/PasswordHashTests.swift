import Testing

@testable import TLS

@Suite struct PasswordHashTests {
    /// RFC 7914 §12.
    @Test(arguments: [
        (
            "", "", Scrypt(logN: 4, r: 1, p: 1),
            """
            77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
            fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
            """
        ),
        (
            "password", "NaCl", Scrypt(logN: 10, r: 8, p: 16),
            """
            fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
            2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
            """
        ),
        (
            "pleaseletmein", "SodiumChloride", Scrypt(logN: 14, r: 8, p: 1),
            """
            7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
            d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
            """
        ),
    ])
    func vectors(password: String, salt: String, parameters: Scrypt, expected: String) {
        let derived = parameters.derive(password: Array(password.utf8), salt: Array(salt.utf8), length: 64)
        #expect(derived == bytes(hex: expected))
    }

    @Test func aMadeHashMatchesItsPasswordAlone() throws {
        let hash = PasswordHash.make(password: Array("correct horse".utf8))
        let text = hash.description
        #expect(text.hasPrefix("$scrypt$ln=15,r=8,p=1$"))
        let read = try PasswordHash(parsing: text)
        #expect(read == hash)
        #expect(read.matches(Array("correct horse".utf8)))
        #expect(!read.matches(Array("correct horsf".utf8)))
        #expect(!read.matches([]))
    }

    @Test func equalPasswordsHaveDifferentHashes() {
        let cheap = Scrypt(logN: 4, r: 1, p: 1)
        let (one, two) = (secureRandomBytes(16), secureRandomBytes(16))
        #expect(
            PasswordHash.make(password: [1], salt: one, parameters: cheap)
                != PasswordHash.make(password: [1], salt: two, parameters: cheap))
    }

    @Test func theTextIsStable() throws {
        let salt = [UInt8](0..<16)
        let hash = PasswordHash.make(password: Array("pw".utf8), salt: salt, parameters: Scrypt(logN: 4, r: 1, p: 1))
        let text = hash.description
        #expect(text.hasPrefix("$scrypt$ln=4,r=1,p=1$AAECAwQFBgcICQoLDA0ODw$"))
        #expect(try PasswordHash(parsing: text) == hash)
    }

    @Test(arguments: [
        "", "geheim", "$scrypt$", "$2y$10$abcdefghijklmnopqrstuv", "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=30,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=0,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=15,r=99,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$r=8,ln=15,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=15,r=8,p=1$!!ECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=15,r=8,p=1$AAEC$AAECAwQFBgcICQoLDA0ODw", "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAEC",
    ])
    func noHash(text: String) {
        #expect(throws: PasswordHash.ParseError.self) { try PasswordHash(parsing: text) }
    }
}
