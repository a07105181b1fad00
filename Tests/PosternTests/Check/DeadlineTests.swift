import Testing

@testable import Postern

@Suite(.timeLimit(.minutes(1))) struct DeadlineTests {
    @Test func whatIsInTimeIsHandedOn() async {
        #expect(await within(.seconds(3600)) { 7 } == 7)
    }

    /// The work hears of it, or this would not come back.
    @Test func whatTakesTooLongIsCancelled() async {
        let result = await within(.milliseconds(1)) { () -> Int in
            try? await Task.sleep(for: .seconds(86400))
            return 7
        }
        #expect(result == nil)
    }
}
