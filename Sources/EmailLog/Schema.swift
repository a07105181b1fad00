import GRDB

/// The tables of the store. `email_log` and `email_attempt` are a public interface, their documented columns first and in
/// order; the columns behind them and all other tables are internal.
///
/// What must always hold stands there as a CHECK, so that no path through the code can break it:
/// a row waits (`Q`) exactly when it has a next attempt, is claimed (`P`) exactly when it has a claimant, and has a body as
/// long as it may still be sent.
///
/// A store is led from any earlier version to this one, so a migration that has been in a released version is never edited,
/// not even in its spelling: what changes goes into the next.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.register("1", version1)
        migrator.register("2", version2)
        migrator.register("3", version3)
        return migrator
    }
}

extension DatabaseMigrator {
    /// Rows that refer to others are not moved by any of them, so the store is not read through for broken references.
    fileprivate mutating func register(_ name: String, _ statements: [String]) {
        registerMigration(name, foreignKeyChecks: .immediate) { db in
            for statement in statements {
                try db.execute(sql: statement)
            }
        }
    }
}
