import EmailLog
import GraphProtocol
import MIME
import MailModel

/// What can be said of a message before Graph has seen it: what its form, recipients and header become there.
struct ShadowRemarks {
    private(set) var all: [ShadowRemark] = []
    private let message: QueuedMessage
    private let block: HeaderBlock

    /// - Parameter block: as it was handed in.
    init(on message: QueuedMessage, _ block: HeaderBlock) {
        (self.message, self.block) = (message, block)
        noteFields()
        noteAuthor()
        noteReturnPath()
    }

    mutating func note(_ form: GraphForm) {
        noteRecipients()
        guard case .draft(let draft) = form else { return }
        add(
            "form.upload",
            "It is too large for one request and goes as a draft that its attachments are brought to: its MIME form is "
                + "written anew by Exchange.")
        for name in draft.omitted {
            add("omitted.\(name.lowercased())", "The header field \(name) finds no place in a draft and is left out.")
        }
    }

    mutating func note(_ refusal: Refusal, goesBySMTP: Bool) {
        add(goesBySMTP ? "form.smtp" : "form.refused", refusal.text)
    }

    mutating func add(_ kind: String, _ words: String) {
        guard !all.contains(where: { $0.kind == kind }) else { return }
        all.append(ShadowRemark(kind: kind, words: words))
    }

    private mutating func noteFields() {
        for field in block.fields where !field.isOpaque {
            guard let fate = HeaderFate.of(field.name) else { continue }
            add("header.\(field.name.lowercased())", "\(field.name): \(fate.words)")
        }
    }

    private mutating func noteAuthor() {
        let authors = people("From")
        let senders = people("Sender")
        if authors.count > 1, senders.isEmpty {
            add("from.several", "It has several authors and no Sender; Exchange takes one author only.")
        }
        let mailbox = message.mailbox
        if let author = authors.first, authors.count == 1, author != mailbox {
            add(
                "from.other",
                "Its From is not the mailbox: Exchange lets it through where the mailbox may send as that address "
                    + "(Send As, or Send on Behalf), and refuses it or writes the mailbox there elsewhere.")
        }
        if senders.contains(where: { $0 != mailbox }) {
            add(
                "sender.other", "Its Sender is not the mailbox: that is who sends by Graph, whatever the field says.")
        }
    }

    private mutating func noteReturnPath() {
        guard message.envelope.sender != message.mailbox else { return }
        add(
            "return-path.other",
            "Its envelope sender is not the mailbox: by Graph there is none, and bounces go to the mailbox.")
    }

    private mutating func noteRecipients() {
        let named = Set(people("To") + people("Cc"))
        if message.envelope.recipients.contains(where: { !named.contains($0) }) {
            add(
                "recipients.hidden",
                "The envelope has recipients whom To and Cc do not name: they go into Bcc, which Exchange removes.")
        }
        if !block.reachesOnly(message.envelope) {
            add(
                "recipients.rewritten",
                "To or Cc name people who are not in the envelope: both are reduced, and kept in X-Original-To and "
                    + "X-Original-Cc.")
        }
    }

    private func people(_ name: String) -> [Address] {
        block.all(named: name).flatMap { AddressList(parsing: $0.unfolded).addresses.map(\.address) }
    }
}
