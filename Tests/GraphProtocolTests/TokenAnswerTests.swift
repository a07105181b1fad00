import MailModel
import Testing

@testable import GraphProtocol

@Suite struct TokenAnswerTests {
    static func read(_ response: WireResponse, from issuer: TokenAnswer.Issuer = .entra) -> Result<
        AccessToken, TokenFailure
    > {
        TokenAnswer.read(response, from: issuer, now: rfcMoment)
    }

    static func failure(_ response: WireResponse, from issuer: TokenAnswer.Issuer = .entra) throws -> TokenFailure {
        switch read(response, from: issuer) {
        case .success: throw Unexpected()
        case .failure(let failure): return failure
        }
    }

    struct Unexpected: Error {}

    static let tokens: [(String, AccessToken)] = [
        (
            #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"abc"}"#,
            AccessToken(text: "abc", expiresIn: .seconds(3599))
        ),
        (
            #"{"token_type":"Bearer","expires_in":86399,"refresh_in":43199,"access_token":"abc"}"#,
            AccessToken(text: "abc", expiresIn: .seconds(86399), refreshIn: .seconds(43199))
        ),
        // A managed identity's: strings only.
        (
            #"{"access_token":"abc","refresh_token":"","expires_in":"3599","expires_on":"1506484173","not_before":"1506480273","resource":"https://graph.microsoft.com","token_type":"Bearer"}"#,
            AccessToken(text: "abc", expiresIn: .seconds(3599))
        ),
        (
            #"{"expires_in":60,"refresh_in":0,"access_token":"a.b.c"}"#,
            AccessToken(text: "a.b.c", expiresIn: .seconds(60))
        ),
    ]

    @Test(arguments: tokens) func token(_ body: String, is token: AccessToken) {
        #expect(Self.read(answer(200, body)) == .success(token))
    }

    static let noTokens = [
        "", "{}", "<html><title>Log in</title></html>", #"{"access_token":"","expires_in":1}"#,
        #"{"access_token":"abc"}"#, #"{"access_token":"abc","expires_in":0}"#,
        #"{"access_token":"abc","expires_in":-5}"#,
        #"{"access_token":"a\r\nX: y","expires_in":60}"#, #"{"access_token":7,"expires_in":60}"#, "[]",
    ]

    @Test(arguments: noTokens) func aSuccessWithoutATokenIsPassingTrouble(_ body: String) throws {
        let failure = try Self.failure(answer(200, body))
        #expect(failure.kind == .transient)
        #expect(failure.status == 200)
        #expect(failure.text.contains("HTTP 200"))
    }

    @Test func aTokenIsNotShown() {
        let token = AccessToken(text: "hush", expiresIn: .seconds(1))
        var dumped = "\(token) \(String(reflecting: token)) \(Self.read(answer(200, "")))"
        dump(token, to: &dumped)
        #expect(!dumped.contains("hush"))
        #expect("\(token)" == "***")
    }

    static let secretWrong = """
        {"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret \
        being sent is the client secret value.\\r\\nTrace ID: 0f\\r\\nCorrelation ID: 1e\\r\\nTimestamp: 2026-01-01 \
        00:00:00Z","error_codes":[7000215],"timestamp":"2026-01-01 00:00:00Z","trace_id":"0f","correlation_id":"1e",\
        "error_uri":"https://login.microsoftonline.com/error?code=7000215"}
        """

    @Test(arguments: [400, 401]) func microsoftsWordsComeWithoutTheirTrace(_ status: Int) throws {
        let failure = try Self.failure(answer(status, Self.secretWrong))
        #expect(failure.kind == .operator)
        #expect(failure.error == "invalid_client")
        #expect(failure.codes == [7_000_215])
        #expect(failure.code == "AADSTS7000215")
        #expect(
            failure.text
                == "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value."
        )
        #expect(failure.explanation.contains("not its ID"))
        #expect(failure.correlationID == "1e")
        #expect(
            failure.refusal
                == Refusal(
                    scope: .route, cause: .unauthorized, status: status, code: "AADSTS7000215", text: failure.text,
                    requestID: "1e"))
    }

    @Test func traceJoinedByBlanksIsCutToo() throws {
        let body = #"{"error":"x","error_description":"AADSTS900023: Bad tenant. Trace ID: 1 Correlation ID: 2"}"#
        let failure = try Self.failure(answer(400, body))
        #expect(failure.text == "AADSTS900023: Bad tenant.")
        #expect(failure.codes == [900_023])
    }

    static let bodies: [(WireResponse, String)] = [
        (
            answer(502, "<html><title>Bad Gateway</title>"),
            "the token endpoint answered HTTP 502 (a page titled \"Bad Gateway\")"
        ),
        (answer(400), "the token endpoint answered HTTP 400"),
        (answer(400, #"{"error":"invalid_grant"}"#), "the token endpoint answered HTTP 400 invalid_grant"),
        (answer(400, #"{"error":"x","error_description":"said Bearer abcdefghijklmnop"}"#), "said Bearer ***"),
    ]

    @Test(arguments: bodies) func text(of response: WireResponse, is text: String) throws {
        #expect(try Self.failure(response).text == text)
    }

    static let waits: [(String?, Duration?)] = [
        ("30", .seconds(30)), ("2.5", .milliseconds(2500)), ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)),
        ("later", nil), (nil, nil),
    ]

    @Test(arguments: waits) func retryAfterIsRead(_ header: String?, _ wait: Duration?) throws {
        let failure = try Self.failure(answer(429, "", header.map { [("retry-after", $0)] } ?? []))
        #expect(failure.kind == .transient)
        #expect(failure.retryAfter == wait)
    }

    static let machine: [(Int, TokenFailure.Kind)] = [
        (404, .transient), (410, .transient), (429, .transient), (500, .transient), (503, .transient),
        (400, .operator), (403, .operator),
    ]

    @Test(arguments: machine) func managedIdentity(_ status: Int, is kind: TokenFailure.Kind) throws {
        let body = #"{"error":"bad_request_102","error_description":"Required metadata header not specified"}"#
        #expect(try Self.failure(answer(status, body), from: .managedIdentity).kind == kind)
    }

    @Test(arguments: WireFailure.Stage.allCases) func noAnswerIsPassingTrouble(_ stage: WireFailure.Stage) {
        let failure = TokenFailure(WireFailure(stage: stage, bodyProgress: .complete, text: "could not\r\nconnect"))
        #expect(failure.kind == .transient)
        #expect(failure.text == "could not connect")
        #expect(failure.refusal.cause == .unavailable)
        #expect(failure.refusal.scope == .route)
        #expect(failure.code == nil)
    }
}
