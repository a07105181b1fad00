import Testing

@testable import SMTPProtocol

@Suite struct LineBreaksTests {
    @Test(arguments: [UInt8(0x0A), 0x0D])
    func findsTheFirstWhereverItStands(lineBreak: UInt8) {
        for length in 0..<40 {
            for position in 0..<length {
                var bytes = [UInt8](repeating: 0xFF, count: length)
                bytes[position] = lineBreak
                bytes[length - 1] = lineBreak
                for start in 0...position {
                    #expect(bytes.withUnsafeBytes { $0.firstLineBreak(from: start) } == position)
                }
            }
        }
    }

    @Test func isNotMisledByOtherOctets() {
        let others = (0...255).map(UInt8.init).filter { $0 != 0x0A && $0 != 0x0D }
        for octet in others {
            let bytes = [UInt8](repeating: octet, count: 19)
            #expect(bytes.withUnsafeBytes { $0.firstLineBreak(from: 0) } == 19, "\(octet)")
            let ended = bytes + [0x0A]
            #expect(ended.withUnsafeBytes { $0.firstLineBreak(from: 3) } == 19, "\(octet)")
        }
    }

    @Test func showsAnyCollectionInOnePiece() {
        let bytes: [UInt8] = [1, 2, 3, 4]
        #expect(withBytes(of: bytes) { Array($0) } == bytes)
        #expect(withBytes(of: bytes[1..<3]) { Array($0) } == [2, 3])
        #expect(withBytes(of: bytes.reversed()) { Array($0) } == [4, 3, 2, 1])
    }
}
