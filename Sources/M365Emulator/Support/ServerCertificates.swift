import MailModel
import TLS

/// A certificate authority made at the start, and the one certificate both servers show.
struct ServerCertificates: Sendable {
    /// Microsoft's names, so that a client may be pointed here by name resolution alone.
    private static let names = [
        "localhost", "login.microsoftonline.com", "graph.microsoft.com", "outlook.office.com", "smtp.office365.com",
    ]

    let caPEM: [UInt8]
    let context: TLSContext

    /// - Parameter hosts: further names or addresses the servers are reached by.
    init(now: Timestamp, hosts: [String]) throws {
        let validity = (now.seconds - 86400)..<(now.seconds + 3650 * 86400)
        let authority = try CertificateAuthority(commonName: "M365 emulator", validity: validity)
        let addresses = Set(["127.0.0.1", "::1"] + hosts.filter(Self.isAddress))
        let others = hosts.filter { !Self.isAddress($0) }
        let certificate = try authority.issueServer(
            commonName: "m365-emulator", names: Array(Set(Self.names + others)).sorted(), addresses: addresses.sorted(),
            validity: validity)
        caPEM = authority.certificatePEM
        context = try TLSContext.server(
            certificateChainPEM: certificate.certificatePEM, privateKeyPEM: certificate.privateKeyPEM)
    }

    private static func isAddress(_ host: String) -> Bool {
        host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || 0x30...0x39 ~= $0 }
    }
}
