import DeliveryPolicy
import MailModel

@testable import Postern

/// The day after the examples were written.
let logReference = Timestamp(secondsSince1970: 1_795_340_000)

extension MailLogFormat {
    /// What a log of this format tells of; the time without its date.
    func read(_ text: String) -> (messages: [String], reader: any MailLogReader) {
        var reader = reader(reference: logReference)
        reader.nextFile()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { reader.read(line) }
        let messages = reader.finish().sorted { ($0.date, $0.sender) < ($1.date, $1.sender) }
        return (messages.map(\.summary), reader)
    }
}

extension LoggedMessage {
    fileprivate var summary: String {
        let time = date.description.dropFirst(11).prefix(8)
        return "\(time) <\(sender)> \(recipients) \(size.map(String.init) ?? "-")"
    }
}
