import Testing

@testable import Postern

@Suite struct LocalAccountTests {
    @Test func anAccountHasAName() async {
        #expect(LocalAccount.name(0) == "root")
        #expect(await LocalAccount.find(0) == "root")
    }

    @Test func anUnknownOneIsItsNumber() { #expect(LocalAccount.name(4_242_424_242) == "4242424242") }
}
