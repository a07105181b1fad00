import Foundation
import MailModel
import TLS
import Testing

@testable import Postern

/// What runs out by itself, and what lies open.
@Suite struct CredentialCheckTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    struct Case: Sendable {
        var secondsLeft: Int64
        var verdict: CheckItem.Verdict
        var text: String
    }

    @Test(arguments: [
        Case(secondsLeft: 0, verdict: .failed(.refused), text: "expired at 2026-11-21 12:00:00.000 UTC"),
        Case(secondsLeft: 1, verdict: .warning, text: "expires in 0 days, at 2026-11-21 12:00:01.000 UTC"),
        Case(
            secondsLeft: 30 * 86400 - 1, verdict: .warning,
            text: "expires in 29 days, at 2026-12-21 11:59:59.000 UTC"),
        Case(secondsLeft: 30 * 86400, verdict: .ok, text: "good until 2026-12-21 12:00:00.000 UTC"),
    ])
    func ends(_ item: Case) {
        let expiry = Expiry(end: noon + .seconds(item.secondsLeft), now: noon)
        let found = expiry.item("credential", "app.pem", isOver: .refused, advice: "Renew.")
        #expect(found.verdict == item.verdict && found.text == item.text)
        #expect(found.advice == (item.verdict == .ok ? nil : "Renew."))
    }

    private func checkup(_ yaml: String, file: String? = nil) throws -> Checkup {
        Checkup(try configuration("store: \(directory.store)\n\(yaml)"), file: file, clocks: ManualClock().clocks)
    }

    private func route(_ credential: String) -> String {
        """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            graph: {tenant: t, client_id: c, \(credential)}
        """
    }

    private func certificate(_ issued: IssuedCertificate) throws -> String {
        route(
            "certificate: {file: \"\(try directory.write("app.pem", issued.certificatePEM + issued.privateKeyPEM))\"}")
    }

    @Test func aCertificateThatSignsAssertions() throws {
        let good = try checkup(certificate(Certificates.client)).expiryItems()
        #expect(good.map(\.name) == ["credential"] && good.map(\.verdict) == [.ok])
        let old = try checkup(certificate(Certificates.expiredClient)).expiryItems()
        #expect(old.map(\.fault) == [.refused] && old[0].advice?.contains("app registration") == true)
    }

    @Test(arguments: [("2026-11-20", "refused"), ("2026-12-01", "warning"), ("2027-12-01", "ok")])
    func aSecretsEndAsItIsNoted(_ end: String, _ verdict: String) throws {
        let items = try checkup(route("client_secret: s, secret_expires: \(end)")).expiryItems()
        #expect(items.map(\.name) == ["secret"] && items.map(\.subject) == ["contoso"])
        #expect("\(items[0].verdict)".contains(verdict), "\(items)")
    }

    @Test func theListenersCertificateWhereTLSIsOffered() throws {
        let issued = try Certificates.server()
        let files = """
            tls:
              certificate: "\(try directory.write("chain.pem", issued.certificatePEM))"
              private_key: "\(try directory.write("key.pem", issued.privateKeyPEM))"
            """
        let secret = route("client_secret: s")
        let offered = try checkup("smtp: [{listen: 127.0.0.1:0, tls: starttls}]\n\(files)\n\(secret)").expiryItems()
        #expect(offered.map(\.name) == ["certificate"] && offered.map(\.verdict) == [.ok])
        #expect(try checkup("\(files)\n\(secret)").expiryItems().isEmpty)
    }

    @Test(arguments: [
        ("client_secret: s3cret-in-place", 0o644, true), ("client_secret: s3cret-in-place", 0o640, false),
        ("client_secret: {file: SECRET}", 0o644, false),
    ])
    func secretsInAFileThatAllMayRead(_ credential: String, _ mode: Int, _ isExposed: Bool) throws {
        let secret = try directory.write("secret", "s3cret-beside")
        let yaml = route(credential.replacingOccurrences(of: "SECRET", with: secret))
        let file = try directory.write("postern.yaml", yaml)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let items = try checkup(yaml, file: file).exposureItems()
        #expect(items.map(\.subject) == (isExposed ? [file] : []) && items.allSatisfy { $0.verdict == .warning })
        #expect(items.allSatisfy { $0.advice?.contains("chmod o-rwx \(file)") == true })
    }

    @Test func aClosedDirectoryKeepsThemFromAll() throws {
        let yaml = route("client_secret: s3cret-in-place")
        let file = try directory.write("postern.yaml", yaml)
        try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: directory.path)
        #expect(try checkup(yaml, file: file).exposureItems().isEmpty)
    }

    @Test func aKeyThatAllMayRead() throws {
        let yaml = try certificate(Certificates.client)
        let file = "\(directory.path)/app.pem"
        try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: file)
        #expect(try checkup(yaml).exposureItems().map(\.subject) == [file])
    }
}
