import Testing

@testable import Postern

@Suite struct LocalPasswordTests {
    @Test func aHashMatchesItsPasswordOnly() async throws {
        let text = LocalPassword.hash("Grüße 1")
        let password = try #require(LocalPassword(Secret(text)))
        #expect(await password.matches("Grüße 1"))
        #expect(await !password.matches("Grüße 2"))
        #expect(await !password.matches(""))
    }

    @Test func everyHashHasASaltOfItsOwn() {
        #expect(LocalPassword.hash("same") != LocalPassword.hash("same"))
    }

    @Test(arguments: ["", "secret", "$2y$10$abcdefghijklmnopqrstuv", "$scrypt$"])
    func whatIsNoHashIsNoPassword(_ text: String) {
        #expect(LocalPassword(Secret(text)) == nil)
    }

    /// It takes its time and has no answer.
    @Test func aPretenceHasNoAnswer() async {
        await LocalPassword.pretend("guess")
    }
}
