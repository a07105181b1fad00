import MIME
import MailModel
import Postern

/// Makes of a command line and of what came on standard input the envelope and the message that are handed in.
struct SendmailComposer {
    struct Mail: Hashable {
        var envelope: Envelope
        var content: [UInt8]
    }

    let hostname: String
    /// Whose program this is.
    let account: String

    private var names: LocalName { LocalName(hostname: hostname) }

    func compose(_ arguments: SendmailArguments, _ input: [UInt8]) throws(CommandFailure) -> Mail {
        let content = Self.withoutMailboxLine(input)
        let header = HeaderBlock(parsing: content)
        let sender = try sender(arguments)
        var recipients: [Address] = []
        for text in arguments.recipients { recipients += try addresses(AddressList(parsing: text)) }
        if arguments.readsRecipients { recipients += try self.recipients(in: header) }
        guard !recipients.isEmpty else {
            throw CommandFailure(.usage, "no recipients: name them, or with -t in the message's To, Cc or Bcc")
        }
        let own = if let sender { sender } else { try ownAddress() }
        return Mail(
            envelope: Envelope(sender: sender, recipients: recipients),
            content: withFrom(content, header, NamedAddress(displayName: arguments.fullName, address: own)))
    }

    // MARK: The envelope

    private func sender(_ arguments: SendmailArguments) throws(CommandFailure) -> Address? {
        guard let text = arguments.sender else { return try ownAddress() }
        guard !text.isEmpty, text != "<>" else { return nil }
        let found = try addresses(AddressList(parsing: text))
        guard found.count == 1 else { throw CommandFailure(.usage, "-f \(text): one address is expected") }
        return found[0]
    }

    private func ownAddress() throws(CommandFailure) -> Address {
        do throws(Address.ParseError) { return try Address(parsing: "\(account)@\(hostname)") } catch {
            throw CommandFailure(.usage, "\(account)@\(hostname) is not an address: name the sender with -f")
        }
    }

    /// Where a message is resent, those it is resent to (RFC 5322 §3.6.6).
    private func recipients(in header: HeaderBlock) throws(CommandFailure) -> [Address] {
        let resent = ["Resent-To", "Resent-Cc", "Resent-Bcc"].flatMap { header.all(named: $0) }
        let fields = resent.isEmpty ? ["To", "Cc", "Bcc"].flatMap { header.all(named: $0) } : resent
        var recipients: [Address] = []
        for field in fields { recipients += try addresses(AddressList(parsing: field.unfolded)) }
        return recipients
    }

    private func addresses(_ list: AddressList) throws(CommandFailure) -> [Address] {
        do throws(LocalName.Unreadable) { return try names.addresses(in: list) } catch {
            throw CommandFailure(.usage, "`\(error.text)` is not an address; nothing was sent to anybody")
        }
    }

    // MARK: The message

    /// The line that separates messages in a mailbox file (RFC 4155) is no part of this one.
    private static func withoutMailboxLine(_ input: [UInt8]) -> [UInt8] {
        guard input.starts(with: "From ".utf8) || input.starts(with: ">From ".utf8),
            let end = input.firstIndex(of: UInt8(ascii: "\n"))
        else { return input }
        return Array(input[(end + 1)...])
    }

    /// A From that names somebody of this machine is completed, so that it is an address elsewhere, too; where From is
    /// missing and a full name is given, it is written. Delivery adds what is missing otherwise.
    private func withFrom(_ content: [UInt8], _ header: HeaderBlock, _ own: NamedAddress) -> [UInt8] {
        guard let field = header.first(named: "From"), !field.isBlank else {
            guard let name = own.displayName, !name.isEmpty else { return content }
            let isBare = header.fields.isEmpty && header.bodyOffset == 0
            return AddressListWriter.field("From", [own]) + (isBare ? Array("\r\n".utf8) : []) + content
        }
        guard AddressList(parsing: field.unfolded).addresses.isEmpty, let text = names.completed(field.value) else {
            return content
        }
        let completed = Array("From: \(text)\r\n".utf8)
        return content[..<field.raw.startIndex] + completed + content[field.raw.endIndex...]
    }
}
