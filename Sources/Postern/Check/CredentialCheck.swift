import Foundation
import MailModel
import TLS

/// What runs out by itself, and what others on this machine could read.
extension Checkup {
    func expiryItems() -> [CheckItem] {
        var items = [listenersCertificate()].compactMap(\.self)
        for item in configuration.routes.flatMap({ credentials(of: $0) + secretsEnd(of: $0) })
        where !items.contains(item) { items.append(item) }
        return items
    }

    /// A file that cannot be read has been complained of already.
    private func listenersCertificate() -> CheckItem? {
        guard configuration.listeners.contains(where: { $0.tls != .off }), let file = configuration.tls?.certificate,
            let pem = FileManager.default.contents(atPath: file),
            let certificate = try? PublicKeyCertificate(pem: Array(pem))
        else { return nil }
        return Expiry(end: Timestamp(secondsSince1970: certificate.notAfter), now: clocks.now()).item(
            "certificate", file, isOver: .other,
            advice: "Renew the listeners' certificate, then reload the service.")
    }

    private func credentials(of route: Route) -> [CheckItem] {
        (route.graph?.credentials ?? []).compactMap { credential in
            guard case .certificate(let identity, let file) = try? LoadedCredential(credential) else { return nil }
            return Expiry(end: Timestamp(secondsSince1970: identity.notAfter), now: clocks.now()).item(
                "credential", file, isOver: .refused,
                advice: "Upload a new certificate to the app registration, name its file in `certificate`, then reload "
                    + "the service.")
        }
    }

    /// Where someone has said so.
    private func secretsEnd(of route: Route) -> [CheckItem] {
        guard let end = route.graph?.secretExpires else { return [] }
        return [
            Expiry(end: end, now: clocks.now()).item(
                "secret", route.name, isOver: .refused,
                advice: "Create a new secret on the app registration's page \"Certificates & secrets\", put it and its "
                    + "end into `client_secret` and `secret_expires`, then reload the service.")
        ]
    }

    // MARK: Secrets in the open

    /// Files with secrets in them that everybody on this machine can read.
    func exposureItems() -> [CheckItem] {
        secretFiles.filter(isReadableByAll).map { file in
            CheckItem(
                "permissions", file, .warning, "holds a secret, and every user of this machine can read it",
                advice: "Run `chmod o-rwx \(file)`, and let the service's group own it.")
        }
    }

    private var secretFiles: [String] {
        var certificates: [String] = []
        for case .certificate(let file, _) in configuration.routes.flatMap({ $0.graph?.credentials ?? [] })
        where !certificates.contains(file) { certificates.append(file) }
        return [fileWithSecrets, configuration.tls?.privateKey].compactMap(\.self) + certificates
    }

    /// The configuration file, where a secret stands in it and not beside it.
    private var fileWithSecrets: String? {
        guard let file, let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        return configuration.secrets.contains { text.contains($0.reveal()) } ? file : nil
    }

    private func isReadableByAll(_ file: String) -> Bool {
        let directory = (file as NSString).deletingLastPathComponent
        return mode(of: file) & S_IROTH != 0 && mode(of: directory.isEmpty ? "." : directory) & S_IXOTH != 0
    }

    private func mode(of file: String) -> mode_t {
        var status = stat()
        return stat(file, &status) == 0 ? status.st_mode : 0
    }
}

/// The end of something, as seen from now.
struct Expiry: Hashable, Sendable {
    let end: Timestamp
    let now: Timestamp

    private static let notice = Duration.seconds(30 * 86400)

    /// - Parameter fault: once it is over.
    func item(_ name: String, _ subject: String, isOver fault: CheckItem.Fault, advice: String) -> CheckItem {
        guard now < end else {
            return CheckItem(name, subject, .failed(fault), "expired at \(end) UTC", advice: advice)
        }
        guard end - now < Self.notice else { return CheckItem(name, subject, .ok, "good until \(end) UTC") }
        let days = (end - now).components.seconds / 86400
        return CheckItem(name, subject, .warning, "expires in \(days) days, at \(end) UTC", advice: advice)
    }
}

extension Configuration {
    fileprivate var secrets: [Secret] {
        users.map(\.passwordHash) + routes.flatMap { [$0.graph?.proxy, $0.smtp?.password].compactMap(\.self) }
            + routes.flatMap { $0.graph?.credentials ?? [] }.compactMap { credential in
                switch credential {
                case .secret(let secret): secret
                case .certificate(_, let password): password
                case .federatedTokenFile, .managedIdentity: nil
                }
            }
    }
}
