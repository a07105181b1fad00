import MailModel
import SMTPProtocol
import Testing

/// Every state of the client times every kind of reply and event.
@Suite struct ClientStateTableTests {
    enum State: String, CaseIterable, Sendable {
        case greeting, hello, helo, startTLS, handshake, password, token, challenged, ready, mail,
            recipients, data, body, endOfData, quit, chunk, secondChunk, lastChunk, answeredChunk

        var configuration: ClientConfiguration {
            switch self {
            case .startTLS, .handshake: .secure
            case .password: .password
            case .token, .challenged: .token
            case .greeting, .hello, .helo, .ready, .mail, .recipients, .data, .body, .endOfData, .quit, .chunk,
                .secondChunk, .lastChunk, .answeredChunk:
                .open
            }
        }

        /// What the server says on the way; `E:` is an event.
        var way: [String] {
            switch self {
            case .greeting: []
            case .hello: ["220 server"]
            case .helo: State.hello.way + ["502 what?"]
            case .startTLS: State.hello.way + ["250-server\r\n250 STARTTLS"]
            case .handshake: State.startTLS.way + ["220 go"]
            case .password: State.hello.way + ["250-server\r\n250 AUTH PLAIN"]
            case .token: State.hello.way + ["250-server\r\n250 AUTH XOAUTH2", "334 "]
            case .challenged: State.token.way + ["334 e30="]
            case .ready: State.hello.way + ["250-server\r\n250 PIPELINING"]
            case .mail: State.ready.way + ["E: deliver"]
            case .recipients: State.mail.way + ["250 ok"]
            case .data: State.recipients.way + ["250 ok", "250 ok"]
            case .body: State.data.way + ["354 go"]
            case .endOfData: State.body.way + ["E: body"]
            case .quit: State.ready.way + ["E: quit"]
            case .chunk:
                State.hello.way
                    + ["250-server\r\n250-PIPELINING\r\n250 CHUNKING", "E: deliver", "250 ok", "250 ok", "250 ok"]
            case .secondChunk: State.chunk.way + ["E: chunk"]
            case .lastChunk: State.secondChunk.way + ["E: chunk"]
            case .answeredChunk: State.lastChunk.way + ["250 ok"]
            }
        }

        var phase: ClientPhase {
            switch self {
            case .greeting: .greeting
            case .hello, .helo: .hello
            case .startTLS: .startTLS
            case .handshake: .handshake
            case .password, .token, .challenged: .authentication
            case .ready: .ready
            case .mail: .mail
            case .recipients: .recipients
            case .data: .data
            case .body, .chunk, .secondChunk: .body
            case .endOfData, .lastChunk, .answeredChunk: .endOfData
            case .quit: .quit
            }
        }
    }

    private static let events = [
        "250 ok", "354 go", "450 later", "421 bye", "550 no", "nonsense", "E: timeout", "E: closed",
        "E: quit", "E: injected",
        "E: bodyFailed",
    ]

    /// `.` goes on, `ok` a delivery has ended, `x` closed without a failure; else the failure: `r`efused, `a`uthentication refused,
    /// `u`nexpected, `m`alformed, `t`imeout, `c`losed, `i`njected, `f` the content failed, `n`o TLS offered; `?` the outcome is unknown.
    private static let table: [State: String] = [
        .greeting: ".  u  r  r  r  m  t  c  x i f",
        .hello: ".  u  r  r  .  m  t  c  x i f",
        .helo: ".  u  r  r  r  m  t  c  x i f",
        .startTLS: ".  u  r  r  r  m  t  c  x i f",
        .handshake: "i  i  i  i  i  i  t  c  x i f",
        .password: ".  u  a  r  a  m  t  c  x i f",
        .token: ".  .  a  r  a  m  t  c  x i f",
        .challenged: "u  u  a  r  a  m  t  c  x i f",
        .ready: "u  u  u  r  u  m  t  c  . i f",
        .mail: ".  u  .  r  .  m  t  c  x i f",
        .recipients: ".  u  .  r  .  m  t  c  x i f",
        .data: "u  .  ok r  ok m  t  c  x i f",
        .body: "u  u  r  r  r  m  t  c  x i f",
        .endOfData: "ok u? ok r  ok m? t? c? x i f",
        .quit: "x  x  x  x  x  x  x  x  x x x",
        .chunk: "u  u  u  r  u  m  t  c  x i f",
        .secondChunk: ".  u  r  r  r  m  t  c  x i f",
        .lastChunk: ".  u? .  r  .  m? t? c? x i f",
        .answeredChunk: "ok u? ok r  ok m? t? c? x i f",
    ]

    private static let cells = State.allCases.flatMap { state in
        zip(events, table[state, default: ""].split(separator: " ")).map { (state, $0, String($1)) }
    }

    @Test func everyPairIsPlaced() {
        #expect(Self.cells.count == State.allCases.count * Self.events.count)
    }

    private func harness(in state: State) -> ClientHarness {
        var harness = ClientHarness(state.configuration)
        harness.isSlow = true
        harness.chunkSize = 10
        for step in state.way { perform(step, on: &harness) }
        _ = harness.take()
        return harness
    }

    private func perform(_ step: String, on harness: inout ClientHarness) {
        if step == "E: body" {
            harness.writeBody()
        } else if step.hasPrefix("E: ") {
            harness.happen(String(step.dropFirst(3)))
        } else {
            harness.feed(line: step)
        }
    }

    @Test(arguments: cells)
    func cell(_ state: State, _ event: String, _ expected: String) {
        var harness = harness(in: state)
        #expect(harness.session.phase == state.phase)
        perform(event, on: &harness)
        #expect(outcome(of: harness) == expected, "\(state), \(event)")
        #expect(harness.isClosed == (harness.failure != nil || expected == "x"))
        if let failure = harness.failure { #expect(failure.phase == state.phase) }
    }

    private func outcome(of harness: ClientHarness) -> String {
        guard let failure = harness.failure else {
            return harness.isClosed ? "x" : harness.reports.isEmpty ? "." : "ok"
        }
        let letter =
            switch failure.reason {
            case .refused: "r"
            case .authenticationRefused: "a"
            case .tlsNotOffered, .mechanismNotOffered: "n"
            case .plaintextInjected: "i"
            case .malformedReply: "m"
            case .unexpectedReply: "u"
            case .timeout: "t"
            case .connectionClosed: "c"
            case .bodyFailed: "f"
            }
        return letter + (failure.isOutcomeUnknown ? "?" : "")
    }

    @Test(arguments: State.allCases)
    func nothingHappensAfterTheEnd(_ state: State) {
        var harness = harness(in: state)
        harness.happen("closed")
        let failure = harness.failure
        for event in ["timeout", "closed", "quit", "injected", "bodyFailed", "deliver"] {
            harness.happen(event)
        }
        harness.feed(line: "250 ok")
        harness.session.bodySent()
        harness.session.chunkSent(isLast: true)
        harness.session.tlsEstablished()
        harness.pump()
        #expect(harness.isClosed)
        #expect(harness.failure == failure)
        #expect(harness.session.phase == .over)
    }

    @Test(arguments: State.allCases)
    func theFinalDotIsWrittenByTheOwnerAlone(_ state: State) {
        // A session that fails while content is on its way must not complete it.
        for event in Self.events {
            var harness = harness(in: state)
            perform(event, on: &harness)
            if state == .body || state == .secondChunk { #expect(harness.take().isEmpty, "\(event)") }
        }
    }
}
