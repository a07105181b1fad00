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

    /// Takes as long as a comparison, so that a wrong name is not told from a wrong password by the time it takes.
    static func pretend(_ password: String) async {
        _ = try? await NIOThreadPool.singleton.runIfActive { hash(password) }
    }

    /// Hashing takes tens of milliseconds and megabytes by design, so it runs on the pool for blocking work.
    func matches(_ password: String) async -> Bool {
        (try? await NIOThreadPool.singleton.runIfActive { hash.matches(Array(password.utf8)) }) ?? false
    }
}
