import Foundation

/// What a program writes on one of its outputs, read as it comes on a thread of its own.
final class OutputReader: Sendable {
    private struct Waiter {
        var matches: @Sendable (String) -> Bool
        var promise: Promise<String?>
    }

    private struct State {
        var bytes = Data()
        /// Where the line that is not complete yet begins.
        var lineStart = 0
        var lines: [String] = []
        var hasEnded = false
        var waiters: [Waiter] = []
    }

    private let state = Locked(State())
    private let end = Promise<Void>()

    /// - Parameter descriptor: closed at the end of the output.
    init(_ descriptor: Int32) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                append(buffer[..<count])
            }
            close(descriptor)
            finish()
        }
    }

    var bytes: Data { state.with { $0.bytes } }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The first line there was or will be that fits; `nil` at the end of the output, or after `limit`.
    func line(within limit: Duration, where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        let promise = Promise<String?>()
        let known = state.with { state -> String?? in
            if let line = state.lines.first(where: matches) { return line }
            if state.hasEnded { return .some(nil) }
            state.waiters.append(Waiter(matches: matches, promise: promise))
            return nil
        }
        if let known { return known }
        return await promise.value(within: limit) ?? nil
    }

    /// Comes back when nothing more can come; after `limit` at the latest.
    func ended(within limit: Duration) async { _ = await end.value(within: limit) }

    private func append(_ data: ArraySlice<UInt8>) {
        let found = state.with { state -> [(Waiter, String)] in
            state.bytes.append(contentsOf: data)
            let fresh = Self.takeLines(&state)
            state.lines += fresh
            return Self.takeWaiters(&state, for: fresh)
        }
        for (waiter, line) in found { waiter.promise.fulfil(line) }
    }

    private func finish() {
        let waiters = state.with { state -> [Waiter] in
            state.hasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.promise.fulfil(nil) }
        end.fulfil(())
    }

    private static func takeLines(_ state: inout State) -> [String] {
        var fresh: [String] = []
        while let newline = state.bytes[state.lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
            fresh.append(String(decoding: state.bytes[state.lineStart..<newline], as: UTF8.self))
            state.lineStart = newline + 1
        }
        return fresh
    }

    private static func takeWaiters(_ state: inout State, for lines: [String]) -> [(Waiter, String)] {
        let found = state.waiters.compactMap { waiter in lines.first(where: waiter.matches).map { (waiter, $0) } }
        state.waiters.removeAll { waiter in lines.contains(where: waiter.matches) }
        return found
    }
}
