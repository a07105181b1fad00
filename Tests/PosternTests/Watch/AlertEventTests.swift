import Foundation
import MIME
import MailModel
import Testing

@testable import Postern

@Suite struct AlertEventTests {
    private func alert(_ when: String) throws -> Alert {
        Alert(name: "failures", condition: try #require(AlertCondition(when)))
    }

    private func event(
        _ when: String = "failed >= 5 in 10m", _ state: AlertEvent.State = .opened, told: Int = 27, peak: Int = 30,
        samples: [AlertEvent.Sample] = [], after seconds: Int = 90
    ) throws -> AlertEvent {
        let episode = AlertState.Episode(openedAt: noon, peak: peak, told: told, toldAt: noon)
        return AlertEvent(
            try alert(when), state, episode, samples: samples, hostname: "relay.test", at: after(seconds))
    }

    @Test(arguments: [
        ("failed >= 5 in 10m", 1, "1 message failed within 10m"),
        ("deferred >= 5 in 1h", 2, "2 messages were deferred within 1h"),
        ("throttled >= 1 in 1h", 1, "1 message was throttled within 1h"),
        ("fell_back >= 5 in 90s", 9, "9 messages fell back to the other path within 90s"),
        ("unknown >= 5 in 10m", 5, "5 messages had an unknown outcome within 10m"),
        ("queue_age > 15m", 119, "The oldest message has waited for 119s"),
        ("queue_age > 15m", 7199, "The oldest message has waited for 119m"),
        ("queue_age > 15m", 86400, "The oldest message has waited for 24h"),
        ("queue_age > 15m", 200_000, "The oldest message has waited for 2d"),
        ("trial_rollback", 1, "1 trial has been rolled back"),
        ("trial_rollback", 2, "2 trials have been rolled back"),
        ("token_error", 1, "1 route or mailbox waits for an operator"),
        ("token_error", 2, "2 routes or mailboxes wait for an operator"),
        ("secret_expires < 30d", 1, "1 credential expires within 30d"),
    ])
    func sentences(_ when: String, _ count: Int, _ text: String) throws {
        #expect(try event(when, told: count).text == text)
    }

    @Test func theClosingTellsTheHeightAndHowLong() throws {
        let closed = try event(state: .closed, after: 720)
        #expect(closed.text == "Over after 12m; at its height, 30 messages failed within 10m")
        #expect(closed.count == 30 && closed.since == noon.description && closed.date == after(720).description)
    }

    private func event(state: AlertEvent.State, after seconds: Int) throws -> AlertEvent {
        try event("failed >= 5 in 10m", state, after: seconds)
    }

    @Test func theDocumentIsFlatAndReadsBack() throws {
        let sample = AlertEvent.Sample(id: "q1", status: "F", error: #"550: "no" \ <user>"#)
        let event = try event(samples: [sample])
        #expect(
            event.json == #"{"condition":"failed >= 5 in 10m","count":27,"date":"2026-11-21 12:01:30.000","#
                + #""hostname":"relay.test","name":"failures","#
                + #""samples":[{"error":"550: \"no\" \\ <user>","id":"q1","status":"F"}],"#
                + #""since":"2026-11-21 12:00:00.000","state":"opened","text":"27 messages failed within 10m"}"#)
        #expect(AlertEvent(json: event.json) == event)
        #expect(AlertEvent(json: "{}") == nil)
    }

    @Test func theReportNamesEverything() throws {
        let samples = [
            AlertEvent.Sample(id: "q1", status: "F", error: "no"),
            .init(id: "q2", status: "F", error: String(repeating: "x", count: 500)),
        ]
        #expect(
            try event(samples: samples).report == """
                27 messages failed within 10m.

                Alert:     failures, opened
                Condition: failed >= 5 in 10m
                Since:     2026-11-21 12:00:00.000 UTC
                Host:      relay.test

                q1  F  no
                q2  F  \(String(repeating: "x", count: 299))…

                """)
    }

    // MARK: Payloads

    private func json(_ event: AlertEvent, _ format: Alert.Webhook.Format) throws -> [String: Any] {
        let body = Data(AlertPayload.body(event, format))
        return try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
    }

    @Test func jsonIsTheDocument() throws {
        let event = try event()
        #expect(text(AlertPayload.body(event, .json)) == event.json)
    }

    /// `<!channel>` in a refusal must not call everybody.
    @Test func slackGetsEscapedText() throws {
        let event = try event(samples: [.init(id: "q1", status: "F", error: "<!channel> & co")])
        let body = try json(event, .slack)
        let said = try #require(body["text"] as? String)
        #expect(body.count == 1 && said.hasPrefix("*Postern relay.test: alert failures opened*\n27 messages failed"))
        #expect(said.contains("&lt;!channel&gt; &amp; co") && said.contains("failed &gt;= 5 in 10m"))
    }

    @Test(arguments: [
        (AlertEvent.State.opened, "Attention"), (.updated, "Attention"), (.closed, "Good"), (.test, "Good"),
    ])
    func teamsGetsACard(_ state: AlertEvent.State, _ color: String) throws {
        let event = try event("failed >= 5 in 10m", state, samples: [.init(id: "q1", status: "F", error: "no")])
        let body = try json(event, .teams)
        #expect(body["type"] as? String == "message")
        let attachment = try #require((body["attachments"] as? [[String: Any]])?.first)
        #expect(attachment["contentType"] as? String == "application/vnd.microsoft.card.adaptive")
        let card = try #require(attachment["content"] as? [String: Any])
        #expect(card["type"] as? String == "AdaptiveCard" && card["version"] as? String == "1.4")
        #expect(card["$schema"] as? String == "http://adaptivecards.io/schemas/adaptive-card.json")
        let blocks = try #require(card["body"] as? [[String: Any]])
        #expect(blocks.map { $0["type"] as? String } == ["TextBlock", "TextBlock", "FactSet", "TextBlock"])
        #expect(blocks[0]["color"] as? String == color && blocks[0]["text"] as? String == event.title)
        #expect(blocks[1]["text"] as? String == event.text + "." && blocks[1]["wrap"] as? Bool == true)
        let facts = try #require(blocks[2]["facts"] as? [[String: String]])
        #expect(facts.map { $0["title"] } == ["Condition", "Since", "Host"])
        #expect(blocks[3]["text"] as? String == "q1  F  no")
    }

    // MARK: Mail

    @Test func mailIsPlainTextThatNobodyAnswers() throws {
        let bytes = AlertMail.message(
            try event(), from: ann, to: address("ops@example.org"), at: noon)
        let header = HeaderBlock(parsing: bytes)
        #expect(header.first(named: "From")?.value == "Postern <ann@contoso.com>")
        #expect(header.first(named: "To")?.value == "ops@example.org")
        #expect(header.first(named: "Subject")?.value == "Postern relay.test: alert failures opened")
        #expect(header.first(named: "Auto-Submitted")?.value == "auto-generated")
        #expect(header.first(named: "X-Postern-Priority")?.value == "high")
        #expect(
            text(Array(bytes[header.bodyOffset...])).hasPrefix(
                "27 messages failed within 10m.\r\n\r\nAlert:     failures"))
    }

    @Test(arguments: [
        ("ops@contoso.com", "ops@contoso.com"), ("ops@fabrikam.com", "ops@fabrikam.com"),
        ("ops@elsewhere.org", "noreply@fabrikam.com"),
    ])
    func itComesFromTheReceiverOrFromAMailboxOfTheRoutes(_ receiver: String, _ sender: String) throws {
        #expect(AlertMail.sender(for: address(receiver), in: try configuration(Desk.routes)) == address(sender))
    }

    @Test func whereNoRouteNamesAMailboxThereIsNoSender() throws {
        let settings = try configuration(AlertBench.routes)
        #expect(AlertMail.sender(for: address("ops@elsewhere.org"), in: settings) == nil)
    }
}
