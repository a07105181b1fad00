import Testing

@testable import Postern

@Suite struct OpenFileLimitTests {
    @Test(arguments: [
        (1024, 1, 462), (1024, 2, 231), (524_288, 2, 131_047), (256, 2, 39), (64, 1, 4), (0, 3, 4),
    ])
    func clientsTakeHalfOfWhatIsLeft(_ limit: Int, _ listeners: Int, _ connections: Int) {
        #expect(OpenFileLimit.connections(of: limit, listeners: listeners) == connections)
    }

    @Test func raisedOnceItIsAtItsHighest() {
        OpenFileLimit.raise()
        let limit = OpenFileLimit.current
        OpenFileLimit.raise()
        #expect(OpenFileLimit.current == limit && limit > 0)
    }
}
