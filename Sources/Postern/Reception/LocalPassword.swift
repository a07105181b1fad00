import NIOPosix
import TLS

/// A local user's password, as its hash.
package struct LocalPassword: Sendable {
    private let hash: PasswordHash

    init?(_ secret: Secret) {
        guard let hash = try? PasswordHash(parsing: secret.reveal()) else { return nil }
        self.hash = hash
    }

    private init(_ hash: PasswordHash) { self.hash = hash }

    /// What `postern hash-password` prints: scrypt with a salt of its own.
    package static func hash(_ password: String) -> String {
        PasswordHash.make(password: Array(password.utf8)).description
    }

    /// Stands in for a user that does not exist, so that a wrong name takes as long as a wrong password.
    static let nobody = LocalPassword(PasswordHash.make(password: secureRandomBytes(32)))

    /// Hashing takes tens of milliseconds and megabytes by design, so it runs on the pool for blocking work.
    func matches(_ password: String) async -> Bool {
        (try? await NIOThreadPool.singleton.runIfActive { hash.matches(Array(password.utf8)) }) ?? false
    }
}
