import GraphProtocol
import HTTPTransport
import MailModel
import Testing

@testable import Postern

/// How trouble on the way is told to those who judge it.
@Suite struct WireTests {
    typealias Stages = [(stage: HTTPFailure.Stage, timedOut: Bool, none: WireFailure.Stage, later: WireFailure.Stage)]

    /// What each stage is called before a byte of the body has left, and from then on.
    private static let stages: Stages = [
        (.setup, false, .connect, .source), (.resolve, false, .resolve, .resolve),
        (.connect, false, .connect, .connect), (.proxy, false, .connect, .connect), (.tls, false, .tls, .tls),
        (.send, false, .transfer, .transfer), (.send, true, .timeout, .timeout),
        (.receive, false, .transfer, .transfer), (.receive, true, .timeout, .timeout),
        (.cancelled, false, .cancelled, .cancelled), (.closed, false, .cancelled, .cancelled),
        (.connect, true, .connect, .connect), (.resolve, true, .resolve, .resolve),
    ]

    @Test(arguments: stages.indices, [HTTPFailure.BodyProgress.none, .partial, .complete])
    func everyStageAndProgressHasItsWord(_ index: Int, _ progress: HTTPFailure.BodyProgress) {
        let row = Self.stages[index]
        let failure = WireFailure(
            HTTPFailure(stage: row.stage, bodyProgress: progress, timedOut: row.timedOut, text: "words"))
        #expect(failure.stage == (progress == .none ? row.none : row.later))
        #expect(failure.bodyProgress == WireFailure.BodyProgress(rawValue: "\(progress)"))
        #expect(failure.seen == nil && failure.text == "words")
    }

    @Test func theTableNamesEveryStage() {
        #expect(Set(Self.stages.map(\.stage)) == Set(HTTPFailure.Stage.allCases))
    }

    /// Whatever may have been acted on without a status counts as handed over whole, and so is never simply sent again.
    @Test(arguments: HTTPFailure.Stage.allCases, [0, 56, 92])
    func whatMayHaveBeenActedOnIsComplete(_ stage: HTTPFailure.Stage, _ curlCode: Int) {
        for progress in [HTTPFailure.BodyProgress.none, .partial, .complete] {
            let failure = HTTPFailure(stage: stage, bodyProgress: progress, curlCode: curlCode, text: "")
            #expect((WireFailure(failure).bodyProgress == .complete) == failure.mayHaveBeenActedOn)
        }
    }

    @Test func aStreamResetDuringTheUploadIsAnUnknownOutcome() {
        let reset = HTTPFailure(stage: .send, bodyProgress: .partial, curlCode: 92, text: "stream reset")
        guard case .outcome(.unknown) = GraphAnswer.read(WireFailure(reset), now: noon) else {
            Issue.record("taken for a clear answer")
            return
        }
        let broken = HTTPFailure(stage: .send, bodyProgress: .partial, curlCode: 55, text: "broken pipe")
        guard case .outcome(.deferred) = GraphAnswer.read(WireFailure(broken), now: noon) else {
            Issue.record("not simply sent again")
            return
        }
    }

    /// A status that came before the end decides together with how far the body really was.
    @Test func aStatusThatWasSeenIsHandedOn() {
        let headers = HTTPHeaders([.init(name: "Retry-After", value: "7")])
        let failure = WireFailure(
            HTTPFailure(
                stage: .send, bodyProgress: .partial, status: 503, headers: headers, curlCode: 92, text: "reset"))
        #expect(failure.bodyProgress == .partial)
        #expect(failure.seen?.status == 503 && failure.seen?.header("retry-after") == "7")
    }

    // MARK: Over a socket

    private func wire(_ transport: HTTPTransport, proxy: String? = nil) -> Wire {
        Wire(transport: transport, caFile: nil, proxy: proxy)
    }

    @Test func requestsAndAnswersAreCarriedWhole() async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            .status(418, ["X-Words": "short"], "and stout")
        } _: { microsoft in
            let request = WireRequest(
                method: .post, url: microsoft.endpoint + "/a/token", headers: [.init("X-Mine", "1")],
                body: .bytes(Array("grant".utf8)))
            let answer = try await wire(HTTPTransport()).send(request)
            #expect(answer.status == 418 && answer.header("x-words") == "short" && text(answer.body) == "and stout")
            let call = try #require(microsoft.tokenCalls.first)
            #expect(call.method == "POST" && call.header("x-mine") == "1" && call.form == "grant")
        }
    }

    @Test func aRequestWithoutBodyHasNone() async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            .status(200)
        } _: { microsoft in
            _ = try await wire(HTTPTransport()).send(WireRequest(method: .get, url: microsoft.endpoint + "/x"))
            #expect(microsoft.mailCalls.first?.method == "GET" && microsoft.mailCalls.first?.body == [])
        }
    }

    /// Link-local services are asked without the proxy, which could not reach them.
    @Test(arguments: [true, false])
    func aProxyIsBypassedWhereTheRequestSaysSo(_ bypasses: Bool) async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            .status(200)
        } _: { microsoft in
            let request = WireRequest(method: .get, url: microsoft.endpoint + "/x", bypassesProxy: bypasses)
            let answer = try? await wire(HTTPTransport(), proxy: "http://127.0.0.1:1").send(request)
            #expect((answer != nil) == bypasses)
        }
    }

    @Test func nobodyThereIsAFailureToConnect() async throws {
        let failure = await #expect(throws: WireFailure.self) {
            try await wire(HTTPTransport()).send(WireRequest(method: .get, url: "http://127.0.0.1:1/x"))
        }
        #expect(failure?.stage == .connect && failure?.bodyProgress == WireFailure.BodyProgress.none)
    }
}
