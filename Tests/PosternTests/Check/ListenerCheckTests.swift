import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Postern

@Suite struct ListenerCheckTests {
    struct Case: Sendable {
        var error: Int32
        var isServed: Bool
        var verdict: CheckItem.Verdict
        var word: String
    }

    @Test(arguments: [
        Case(error: 0, isServed: false, verdict: .ok, word: "free"),
        Case(error: 0, isServed: true, verdict: .warning, word: "nobody listens"),
        Case(error: EADDRINUSE, isServed: true, verdict: .ok, word: "in use"),
        Case(error: EADDRINUSE, isServed: false, verdict: .failed(.unavailable), word: "another program"),
        Case(error: EACCES, isServed: false, verdict: .warning, word: "may not listen on port 25"),
        Case(error: EACCES, isServed: true, verdict: .warning, word: "may not listen on port 25"),
        Case(error: EADDRNOTAVAIL, isServed: false, verdict: .failed(.configuration), word: "assign"),
    ])
    func errors(_ item: Case) throws {
        let address = try #require(ListenAddress("127.0.0.1:25"))
        let found = ListenerCheck(address: address, isServed: item.isServed).item(bindError: item.error)
        #expect(found.name == "listener" && found.subject == "127.0.0.1:25")
        #expect(found.verdict == item.verdict && found.text.contains(item.word), "\(found)")
        #expect((found.advice == nil) == (item.verdict == .ok))
    }

    private func check(_ text: String, isServed: Bool = false) throws -> CheckItem {
        ListenerCheck(address: try #require(ListenAddress(text)), isServed: isServed).item()
    }

    @Test(arguments: ["127.0.0.1:0", "[::1]:0"]) func anyFreePortIsThere(_ address: String) throws {
        #expect(try check(address).verdict == .ok)
    }

    @Test func aListenerIsSeen() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let address = "127.0.0.1:\(try #require(listener.localAddress?.port))"
        #expect(try check(address).fault == .unavailable)
        #expect(try check(address, isServed: true).verdict == .ok)
        try await listener.close()
    }

    /// Of the range for documentation (RFC 5737).
    @Test func anotherMachinesAddressIsNone() throws {
        #expect(try check("192.0.2.1:2525").fault == .configuration)
    }
}
