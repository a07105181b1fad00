import MailModel
import Testing

/// A generator of numbers that can be repeated (Steele, Lea and Flood's SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite struct QueueIDTests {
    @Test func idsAreUniqueAndAscendWhateverTheClockDoes() {
        var random = SplitMix64(seed: 1)
        var generator = QueueIDGenerator()
        var now: Int64 = 1_795_253_400_000
        var previous = QueueID(rawValue: "")
        for step in 0..<20_000 {
            now += Int64.random(in: -3...5, using: &random) * (step % 50 == 0 ? 100 : 0)
            let id = generator.next(at: Timestamp(milliseconds: now), using: &random)
            #expect(id > previous)
            #expect(id.rawValue.utf8.count == 14)
            previous = id
        }
    }

    @Test func anIDTellsNothingAmbiguous() {
        var random = SplitMix64(seed: 2)
        var generator = QueueIDGenerator()
        let id = generator.next(at: Timestamp(milliseconds: 1_795_253_400_000), using: &random)
        #expect(id.rawValue.allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".contains($0) })
    }

    @Test func laterIDsSortBehindEarlierOnes() {
        var random = SplitMix64(seed: 3)
        var early = QueueIDGenerator()
        var late = QueueIDGenerator()
        for seconds in [0, 1, 1_795_253_400, 4_102_444_800] as [Int64] {
            let first = early.next(at: Timestamp(secondsSince1970: seconds), using: &random)
            let second = late.next(at: Timestamp(milliseconds: seconds * 1000 + 1), using: &random)
            #expect(first < second)
        }
    }

    @Test(arguments: [(1, "abc"), (2, "abc-2"), (12, "abc-12")])
    func parts(_ number: Int, _ expected: String) {
        #expect(QueueID(rawValue: "abc").part(number).description == expected)
    }
}

@Suite struct StatusTests {
    @Test func lettersAreTheContracts() {
        #expect(Status.allCases.map(\.rawValue) == ["Q", "P", "S", "F", "H", "C", "U"])
        #expect(Status.allCases.filter(\.isFinal) == [.sent, .failed, .cancelled])
        #expect(Set(Status.allCases.map(\.word)).count == Status.allCases.count)
    }

    @Test func highGoesFirst() {
        #expect(Priority.allCases.sorted() == [.high, .normal, .bulk])
        #expect(Priority.allCases.map(\.rank) == [0, 1, 2])
    }

    @Test(arguments: [
        (Outcome.accepted(Receipt(status: 202)), "accepted"),
        (.deferred(Refusal(scope: .mailbox, cause: .throttled, text: ""), retryAfter: nil), "throttled"),
        (.deferred(Refusal(scope: .route, cause: .unavailable, text: ""), retryAfter: .seconds(1)), "deferred"),
        (.rejected(Refusal(scope: .message, cause: .rejected, text: "")), "rejected"),
        (.unknown(Refusal(scope: .message, cause: .unavailable, text: "")), "unknown"),
    ])
    func words(_ outcome: Outcome, _ word: String) {
        #expect(outcome.word == word)
        #expect((outcome.refusal == nil) == (word == "accepted"))
    }
}

@Suite struct EnhancedStatusCodeTests {
    @Test(arguments: ["2.0.0", "4.3.2", "5.7.139", "4.7.500"]) func reads(_ text: String) {
        #expect(EnhancedStatusCode(text)?.description == text)
    }

    @Test(arguments: ["", "4.3", "3.0.0", "4.3.2.1", "4..2", "a.b.c", "5.7.1390", "4.3.x", "-4.3.2"])
    func refuses(_ text: String) { #expect(EnhancedStatusCode(text) == nil) }
}
