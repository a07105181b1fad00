import Testing

@testable import HTTPTransport

@Suite struct ResendGuardTests {
    private typealias Progress = HTTPFailure.BodyProgress

    private func started(safe: Bool = false, length: Int64) -> ResendGuard {
        var guardian = ResendGuard(isSafe: safe, length: length)
        let may1 = guardian.mayStart(counters(0, 0))
        #expect(may1)
        return guardian
    }

    private func counters(_ request: Int, _ offered: Int64) -> ResendGuard.Counters {
        ResendGuard.Counters(requestBytes: request, bodyOffered: offered)
    }

    @Test(arguments: [
        // length, request, offered
        (Int64(100), 0, Int64(0), HTTPFailure.BodyProgress.none), (100, 50, 0, .none), (100, 50, 1, .partial),
        (100, 50, 99, .partial), (100, 50, 100, .complete), (0, 0, 0, .none), (0, 1, 0, .complete),
    ])
    func progress(_ length: Int64, request: Int, offered: Int64, is progress: HTTPFailure.BodyProgress) {
        let guardian = started(length: length)
        #expect(guardian.progress(counters(request, offered)) == progress)
    }

    @Test func nothingHasLeftBeforeTheStart() {
        let guardian = ResendGuard(isSafe: false, length: 0)
        // Bytes of a CONNECT to the proxy are counted as well.
        #expect(guardian.progress(counters(80, 0)) == .none)
    }

    @Test func whatAProxyGotIsNotTheRequest() {
        var guardian = ResendGuard(isSafe: false, length: 0)
        let may2 = guardian.mayStart(counters(80, 0))
        #expect(may2)
        #expect(guardian.progress(counters(80, 0)) == .none)
        #expect(guardian.progress(counters(81, 0)) == .complete)
    }

    @Test(arguments: [(Int64(0), true), (99, true), (100, false)])
    func aWholeBodyIsNotSentAgain(_ offered: Int64, may: Bool) {
        var guardian = started(length: 100)
        let may3 = guardian.mayRewind(counters(50, offered))
        #expect(may3 == may)
    }

    @Test func aRequestWithoutBodyIsNotSentAgain() {
        var guardian = started(length: 0)
        let may4 = guardian.mayStart(counters(50, 0))
        #expect(!may4)
    }

    @Test func aRequestOfWhichNothingLeftIsSentAgain() {
        var guardian = started(length: 0)
        let may5 = guardian.mayStart(counters(0, 0))
        #expect(may5)
    }

    @Test func aSafeRequestIsSentAgain() {
        var empty = started(safe: true, length: 0)
        let may6 = empty.mayStart(counters(50, 0))
        #expect(may6)
        var full = started(safe: true, length: 100)
        let may7 = full.mayRewind(counters(50, 100))
        #expect(may7)
    }

    @Test func aBodyMustBeginAtItsBeginning() {
        var guardian = started(length: 100)
        let may8 = guardian.mayStart(counters(50, 40))
        #expect(!may8)
    }

    @Test func theFurthestAttemptCounts() {
        var guardian = started(length: 100)
        let may9 = guardian.mayRewind(counters(50, 40))
        #expect(may9)
        let may10 = guardian.mayStart(counters(50, 0))
        #expect(may10)
        #expect(guardian.progress(counters(50, 0)) == .partial)
        #expect(guardian.progress(counters(99, 100)) == .complete)
    }
}
