import Foundation
import Testing

@testable import EmailLog

/// Two objects stand for two processes: the locks belong to the open file.
@Suite struct PlaceLocksTests {
    private let directory: TemporaryDirectory
    private let (one, other): (PlaceLocks, PlaceLocks)

    init() throws {
        directory = try TemporaryDirectory()
        (one, other) = (PlaceLocks(store: directory.store), PlaceLocks(store: directory.store))
    }

    /// As every process that opens the store makes it.
    private func makeFile() throws -> LockFile { try LockFile(path: LockFile.path(of: directory.store)) }

    @Test func aPlaceHasOneHolder() throws {
        _ = try makeFile()
        #expect(one.take("a") && one.take("a"), "taking it twice changes nothing")
        #expect(!other.take("a") && other.take("b"))
        one.release("a")
        #expect(other.take("a") && !one.take("b"))
    }

    @Test func itGoesWithItsHolder() throws {
        _ = try makeFile()
        var gone: PlaceLocks? = PlaceLocks(store: directory.store)
        #expect(gone?.take("a") == true)
        gone = nil
        #expect(one.take("a"))
    }

    @Test func placesAreNotClaimants() throws {
        let file = try makeFile()
        #expect(one.take("a"))
        try file.takeClaimant(LockFile.claimants.upperBound - 1)
        try file.takeClaimant(1)
        #expect(file.takeWhole())
    }

    /// Where nobody has ever opened the store there is nobody to share with, and nothing is left behind by asking.
    @Test func withoutAStoreEveryPlaceIsFree() throws {
        #expect(one.take("a") && other.take("a"))
        #expect(!FileManager.default.fileExists(atPath: LockFile.path(of: directory.store)))
        let file = try makeFile()
        #expect(one.take("a") && !other.take("a"))
        withExtendedLifetime(file) {}
    }

    @Test func whatCannotBeOpenedIsNobodys() {
        #expect(!PlaceLocks(store: "/dev/null/postern.sqlite").take("a"))
    }
}
