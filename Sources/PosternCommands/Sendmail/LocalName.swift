import MIME
import MailModel

/// Addresses as people of one machine write them: `root`, `root (Cron Daemon)`, `Cron Daemon <root>`, which mean that name at
/// this machine's.
struct LocalName {
    let hostname: String

    /// A list in which every element is an address, or a name of this machine.
    ///
    /// - Throws: what is neither, as written.
    func addresses(in list: AddressList) throws(Unreadable) -> [Address] {
        var addresses = list.addresses.map(\.address)
        for text in list.unparsed {
            guard let completed = completed(text) else { throw Unreadable(text: text) }
            addresses += AddressList(parsing: completed).addresses.map(\.address)
        }
        return addresses
    }

    struct Unreadable: Error, Hashable {
        let text: String
    }

    /// The same text with this machine's name behind the one in it; `nil` where it does not become one address.
    func completed(_ text: String) -> String? {
        guard !text.contains("@") else { return nil }
        let end = text.firstIndex(of: ">") ?? text.firstIndex { " \t(".contains($0) } ?? text.endIndex
        let completed = "\(text[..<end])@\(hostname)\(text[end...])"
        let list = AddressList(parsing: completed)
        return list.addresses.count == 1 && list.unparsed.isEmpty ? completed : nil
    }
}
