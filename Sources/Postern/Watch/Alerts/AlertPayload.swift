import Foundation

/// What a webhook receives.
///
/// Teams takes an Adaptive Card in a message, as its "When a Teams webhook request is received" workflow asks; Slack takes
/// `text` with `&`, `<` and `>` escaped ("Formatting text for app surfaces").
enum AlertPayload {
    static func body(_ event: AlertEvent, _ format: Alert.Webhook.Format) -> [UInt8] {
        switch format {
        case .json: Array(event.json.utf8)
        case .slack: encode(SlackMessage(event))
        case .teams: encode(TeamsMessage(event))
        }
    }

    private static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map(Array.init) ?? []
    }
}

private struct SlackMessage: Encodable {
    var text: String

    init(_ event: AlertEvent) {
        let report = event.report
            .replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        text = "*\(event.title)*\n\(report)"
    }
}

private struct TeamsMessage: Encodable {
    struct Attachment: Encodable {
        var contentType = "application/vnd.microsoft.card.adaptive"
        var content: Card
    }

    struct Card: Encodable {
        enum CodingKeys: String, CodingKey {
            case schema = "$schema"
            case type, version, body
        }

        var schema = "http://adaptivecards.io/schemas/adaptive-card.json"
        var type = "AdaptiveCard"
        var version = "1.4"
        var body: [Block]
    }

    struct Block: Encodable {
        var type: String
        var text: String?
        var weight: String?
        var color: String?
        var wrap: Bool?
        var facts: [Fact]?
    }

    struct Fact: Encodable {
        var title: String
        var value: String
    }

    var type = "message"
    var attachments: [Attachment]

    init(_ event: AlertEvent) {
        let title = Block(
            type: "TextBlock", text: event.title, weight: "Bolder", color: event.isOver ? "Good" : "Attention",
            wrap: true)
        let facts = [("Condition", event.condition), ("Since", "\(event.since) UTC"), ("Host", event.hostname)]
        let samples = event.samples.map { Block(type: "TextBlock", text: $0.line, wrap: true) }
        attachments = [
            Attachment(
                content: Card(
                    body: [title, Block(type: "TextBlock", text: "\(event.text).", wrap: true)]
                        + [Block(type: "FactSet", facts: facts.map { Fact(title: $0.0, value: $0.1) })] + samples))
        ]
    }
}
