import GRDB
import GRDBSQLite

/// Hands values to SQLite one after the other, as they are.
///
/// For the two statements that every accepted message runs, where boxing each value first, as `StatementArguments` does, and
/// copying the body are a good part of the work.
struct ParameterBinder {
    /// SQLite makes a copy of its own.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private let statement: SQLiteStatement
    private var index: CInt = 0
    /// The first that could not be bound.
    fileprivate private(set) var failure: CInt?

    fileprivate init(_ statement: SQLiteStatement) { self.statement = statement }

    mutating func bind(_ number: Int64?) {
        place(number) { sqlite3_bind_int64($0, $1, $2) }
    }

    mutating func bind(_ number: Int) { bind(Int64(number)) }

    mutating func bind(_ text: String?) {
        place(text) { sqlite3_bind_text($0, $1, $2, -1, Self.copied) }
    }

    mutating func bind(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bind($0, Self.copied) }
    }

    /// Binds without a copy: the bytes must stay where they are until the statement has run.
    mutating func bind(inPlace bytes: UnsafeRawBufferPointer?) {
        guard let bytes else { return bind(nil as String?) }
        bind(bytes, nil)
    }

    private mutating func bind(_ bytes: UnsafeRawBufferPointer, _ destructor: sqlite3_destructor_type?) {
        place(bytes) { statement, index, bytes in
            // No address would be NULL.
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(statement, index, 0)
                : sqlite3_bind_blob64(statement, index, bytes.baseAddress, sqlite3_uint64(bytes.count), destructor)
        }
    }

    private mutating func place<Value>(_ value: Value?, _ bind: (SQLiteStatement, CInt, Value) -> CInt) {
        index += 1
        guard let value else { return }
        let code = bind(statement, index, value)
        if code != SQLITE_OK, failure == nil { failure = code }
    }
}

extension Database {
    /// Runs a statement that is prepared once per connection and gives no rows.
    ///
    /// - Parameter bind: binds the parameters in order; what it leaves out is NULL.
    func insert(_ sql: String, _ bind: (inout ParameterBinder) -> Void) throws {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        var binder = ParameterBinder(statement)
        bind(&binder)
        let code = binder.failure ?? sqlite3_step(statement)
        guard code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: lastErrorMessage, sql: sql)
        }
    }
}
