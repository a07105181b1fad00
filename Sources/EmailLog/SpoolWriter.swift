import Foundation
import NIOConcurrencyHelpers

/// Receives one large body into a spool file, on a queue of its own so that disk waits block no other task.
///
/// One caller at a time; what is not finished is deleted with the writer.
package final class SpoolWriter: Sendable {
    private let directory: SpoolDirectory
    private let name: String
    private let file: OpenFile
    private let queue = DispatchQueue(label: "postern.spool.writer")
    private let state = NIOLockedValueBox((size: 0, isFinished: false))

    private init(_ directory: SpoolDirectory, _ name: String, _ file: OpenFile) {
        self.directory = directory
        self.name = name
        self.file = file
    }

    static func begin(in directory: SpoolDirectory) async throws(EmailLogError) -> SpoolWriter {
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result<SpoolWriter, EmailLogError> { () throws(EmailLogError) in
                        let (name, file) = try directory.create()
                        return SpoolWriter(directory, name, file)
                    })
            }
        }
        return try result.get()
    }

    deinit {
        if !state.withLockedValue({ $0.isFinished }) { unlink(file.path) }
    }

    /// Bytes written so far.
    package var size: Int { state.withLockedValue { $0.size } }

    /// Returns when the bytes are with the operating system, which is the back-pressure.
    package func append(_ bytes: [UInt8]) async throws(EmailLogError) {
        try await onQueue { file throws(EmailLogError) in try file.write(bytes) }
        CrashPoint.reach(.bodyArriving)
        state.withLockedValue { $0.size += bytes.count }
    }

    /// Syncs the file, gives it its name and syncs the directory: from now on a row may point at it.
    package func finish() async throws(EmailLogError) -> SpoolFile {
        let (directory, name) = (directory, name)
        try await onQueue { file throws(EmailLogError) in
            try file.sync()
            CrashPoint.reach(.bodySynced)
            try directory.publish(name)
            CrashPoint.reach(.bodyPublished)
        }
        let size = state.withLockedValue { state in
            state.isFinished = true
            return state.size
        }
        return SpoolFile(directory: directory, name: name, size: size, file: file)
    }

    private func onQueue(_ body: @escaping @Sendable (OpenFile) throws(EmailLogError) -> Void)
        async throws(EmailLogError)
    {
        let file = file
        let result = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: Result<Void, EmailLogError> { () throws(EmailLogError) in try body(file) })
            }
        }
        try result.get()
    }
}

/// A finished body on disk that waits for its row; it stays locked until this value goes.
package struct SpoolFile: Sendable {
    let directory: SpoolDirectory
    let name: String
    package let size: Int
    let file: OpenFile

    /// Deletes it: its message was refused after all.
    package func discard() { directory.remove([name]) }
}

extension EmailLog {
    /// Begins a spool file for a body that is being received.
    package func makeSpoolWriter() async throws(EmailLogError) -> SpoolWriter {
        try await SpoolWriter.begin(in: spool)
    }
}
