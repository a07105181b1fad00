import Foundation
import Testing

@testable import EmailLog

@Suite struct LockFileTests {
    @Test func oneHolderOfTheWhole() throws {
        let directory = try TemporaryDirectory()
        let (first, second) = (try LockFile(path: directory.store), try LockFile(path: directory.store))
        #expect(first.takeWhole())
        #expect(!second.takeWhole())
        #expect(second.holder == getpid())
        first.releaseWhole()
        #expect(second.takeWhole())
    }

    @Test func lookingAtTheWholeTakesNothing() throws {
        let directory = try TemporaryDirectory()
        let (holder, watcher) = (try LockFile(path: directory.store), try LockFile(path: directory.store))
        #expect(!watcher.isTaken && holder.takeWhole())
        #expect(watcher.isTaken && watcher.holder == getpid())
        holder.releaseWhole()
        #expect(!watcher.isTaken && watcher.takeWhole())
    }

    @Test func claimantsAreSeenByOthersWhileTheyLive() throws {
        let directory = try TemporaryDirectory()
        let watcher = try LockFile(path: directory.store)
        var claimant: LockFile? = try LockFile(path: directory.store)
        try claimant?.takeClaimant(1 << 61)
        #expect(watcher.isAlive(1 << 61))
        #expect(!watcher.isAlive((1 << 61) + 1))
        #expect(claimant?.isAlive(1 << 61) == false, "one's own is no one else's")
        claimant = nil
        #expect(!watcher.isAlive(1 << 61))
    }

    @Test func locksOfBothKindsDoNotMeet() throws {
        let directory = try TemporaryDirectory()
        let (service, tool) = (try LockFile(path: directory.store), try LockFile(path: directory.store))
        #expect(service.takeWhole())
        try tool.takeClaimant(7)
        #expect(service.isAlive(7))
    }

    @Test func missingDirectoryIsAnError() {
        #expect(throws: EmailLogError.self) { try LockFile(path: "/nonexistent/postern.lock") }
    }
}
