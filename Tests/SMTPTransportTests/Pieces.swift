/// Pieces of content, and perhaps an error behind them.
struct Pieces: AsyncSequence, AsyncIteratorProtocol {
    struct Broken: Error {}
    private var pieces: ArraySlice<String>
    private let failing: Bool

    init(_ pieces: [String], failing: Bool) {
        self.pieces = pieces[...]
        self.failing = failing
    }

    func makeAsyncIterator() -> Pieces { self }

    mutating func next() async throws -> [UInt8]? {
        if let piece = pieces.popFirst() { return Array(piece.utf8) }
        if failing { throw Broken() }
        return nil
    }
}
