import Testing

@testable import GraphProtocol

@Suite struct EntraErrorsTests {
    /// Every number of the facts about Entra's answers, with a word its explanation has to contain.
    static let table: [([Int], TokenFailure.Kind, String)] = [
        ([7_000_215, 70002], .operator, "value"),
        ([7_000_222], .operator, "expired"),
        ([7_000_218, 900_144], .operator, "incomplete"),
        ([700_025], .operator, "public client"),
        ([700_016, 700_011], .operator, "client_id"),
        ([70001, 7_000_112, 1_000_031], .operator, "disabled"),
        ([90002, 900_023], .operator, "tenant"),
        ([90038, 900_382, 900_432, 90051], .operator, "cloud"),
        ([9_001_023, 50194], .operator, "common"),
        ([700_027, 900_384], .operator, "signature"),
        ([700_024], .newAssertionOnce, "clock"),
        ([700_030, 50012], .operator, "thumbprint"),
        ([50013, 500_133, 50027, 50048], .newAssertionOnce, "malformed"),
        ([70021, 700_213, 700_211, 700_212, 700_229], .operator, "federated"),
        ([90061], .transient, "issuer"),
        ([65001, 650_052, 650_054, 650_056, 650_057, 65005, 90094], .operator, "consent"),
        ([500_011, 50001], .operator, "Exchange Online"),
        ([70011, 28002, 700_023, 1_002_012], .operator, "scope"),
        ([700_022], .operator, "more than one"),
        ([901_002], .operator, "login_endpoint"),
        ([50034, 50053, 50126, 50076], .operator, "user"),
        ([501_051, 50105], .operator, "assignment"),
        ([53003, 530_032, 530_035], .operator, "Conditional Access"),
        ([50196], .backOffMinutes, "loop"),
        ([90055], .backOffMinutes, "throttles"),
        ([50033, 90006, 90012, 90024, 90033, 90090, 90091, 50087], .transient, "again"),
        ([50000, 90036, 90092], .transient, "support"),
    ]

    @Test(arguments: table) func codes(_ codes: [Int], _ kind: TokenFailure.Kind, _ word: String) {
        for code in codes {
            for status in [400, 401] {
                let verdict = EntraErrors.judge(status: status, error: "invalid_client", codes: [code], issuer: .entra)
                #expect(verdict.kind == kind, "AADSTS\(code)")
                #expect(verdict.explanation.contains(word), "AADSTS\(code)")
            }
        }
    }

    @Test func noNumberStandsInTwoRows() {
        let all = EntraErrors.table.flatMap(\.codes)
        #expect(Set(all).count == all.count)
    }

    @Test func everyRowExplainsItself() {
        for row in EntraErrors.table {
            #expect(row.explanation.hasSuffix("."))
            #expect(row.explanation.count > 30)
        }
    }

    static let unknown: [(Int, String?, [Int], TokenFailure.Kind)] = [
        (400, nil, [], .operator), (401, "invalid_client", [], .operator), (400, "invalid_request", [1], .operator),
        (403, nil, [999], .operator), (400, "temporarily_unavailable", [], .transient),
        (408, nil, [], .transient), (429, nil, [], .transient), (500, nil, [], .transient), (503, nil, [1], .transient),
        // The status speaks before the number, which may change its meaning.
        (503, "invalid_client", [7_000_215], .transient), (429, nil, [90055], .backOffMinutes),
        // The first number that is known decides.
        (400, nil, [1, 50196, 7_000_215], .backOffMinutes), (302, nil, [], .operator),
    ]

    @Test(arguments: unknown)
    func rule(_ status: Int, _ error: String?, _ codes: [Int], is kind: TokenFailure.Kind) {
        let verdict = EntraErrors.judge(status: status, error: error, codes: codes, issuer: .entra)
        #expect(verdict.kind == kind)
        #expect(!verdict.explanation.isEmpty)
    }

    @Test func theErrorWordExplainsWhereNumbersAreMissing() {
        let known = EntraErrors.judge(status: 401, error: "invalid_client", codes: [], issuer: .entra)
        let unheardOf = EntraErrors.judge(status: 401, error: "new_word", codes: [], issuer: .entra)
        #expect(known.explanation.contains("client_id"))
        #expect(unheardOf.explanation != known.explanation)
    }
}
