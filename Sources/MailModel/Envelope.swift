/// Who a message is from and for, as SMTP says it: the truth about delivery, whatever the headers say (RFC 5321 §2.3.1).
package struct Envelope: Hashable, Sendable {
    /// `nil` is the null reverse-path `<>` of bounces (RFC 5321 §4.5.5).
    package var sender: Address?
    /// In the order given, without repetitions.
    package let recipients: [Address]

    package init(sender: Address?, recipients: [Address] = []) {
        self.sender = sender
        var seen = Set<Address>(minimumCapacity: recipients.count)
        self.recipients = recipients.filter { seen.insert($0).inserted }
    }

    /// The same sender with at most `size` recipients each, in order; one envelope where they fit.
    package func split(at size: Int) -> [Envelope] {
        precondition(size > 0, "an envelope holds at least one recipient")
        guard recipients.count > size else { return [self] }
        return stride(from: 0, to: recipients.count, by: size).map { start in
            Envelope(sender: sender, recipients: Array(recipients[start..<min(start + size, recipients.count)]))
        }
    }
}
