import Foundation
import MailModel
import Testing

@testable import Postern

/// The writer's side: whole and synced, or nothing.
@Suite struct MaildropTests {
    private let directory: TemporaryDirectory
    private let maildrop: Maildrop
    private let message = MaildropMessage(
        envelope: Envelope(sender: nil, recipients: [address("bob@example.org")]), date: noon,
        content: mail("x", "", "y"))

    init() throws {
        directory = try TemporaryDirectory()
        maildrop = Maildrop(store: directory.store)
    }

    private func name(_ id: String = "1m7z2y1yh0jn12") -> MaildropName {
        var random = SystemRandomNumberGenerator()
        return MaildropName(QueueID(rawValue: id), using: &random)
    }

    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: maildrop.path).sorted()) ?? [] }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func anybodyMayPutAndNobodyMayLook() throws {
        try maildrop.prepare()
        #expect(mode(maildrop.path) == 0o1733 && mode(maildrop.rejected) == 0o700)
        chmod(maildrop.path, 0o700)
        try maildrop.prepare()
        #expect(mode(maildrop.path) == 0o1733)
    }

    @Test func whatIsPutThereIsFoundWhole() throws {
        try maildrop.prepare()
        let name = name()
        try maildrop.put(message, as: name)
        #expect(files == [name.description, "bad"] && mode(maildrop.path(of: name)) == 0o644)
        #expect(try maildrop.names() == [name.description])
        guard case .found(let found) = maildrop.read(name.description, largest: 1000) else {
            Issue.record("not found")
            return
        }
        #expect(found.message == message && found.userID == geteuid())
    }

    @Test func theDirectoryIsMadeBesideAStore() throws {
        try directory.write("postern.sqlite", "")
        try maildrop.put(message, as: name())
        #expect(mode(maildrop.path) == 0o1733 && files.count == 2)
    }

    @Test func withoutAStoreThereIsNoMaildrop() {
        let failure = #expect(throws: Maildrop.Failure.self) { try maildrop.put(message, as: name()) }
        #expect(failure?.description.hasPrefix("there is no store at \(directory.store)") == true)
        #expect(!FileManager.default.fileExists(atPath: maildrop.path))
    }

    @Test func aFileInItsPlaceIsNoMaildrop() throws {
        try directory.write("postern.sqlite.maildrop", "x")
        #expect(throws: Maildrop.Failure("\(maildrop.path) is not a directory")) { try maildrop.prepare() }
        #expect(throws: Maildrop.Failure.self) { try maildrop.put(message, as: name()) }
    }

    /// The name is taken by something that a file cannot replace: the last step fails.
    @Test func nothingHalfWrittenStays() throws {
        try maildrop.prepare()
        let name = name()
        try FileManager.default.createDirectory(atPath: maildrop.path(of: name), withIntermediateDirectories: false)
        #expect(throws: Maildrop.Failure.self) { try maildrop.put(message, as: name) }
        #expect(files == [name.description, "bad"])
    }

    @Test func namesAreInTheOrderOfAcceptance() throws {
        try maildrop.prepare()
        let names = ["1m7z2y1yh0jn13", "1m7z2y1yh0jn11", "1m7z2y1yh0jn12"].map { name($0) }
        for name in names { try maildrop.put(message, as: name) }
        try Data().write(to: URL(fileURLWithPath: maildrop.path(of: ".unfinished")))
        #expect(try maildrop.names() == [names[1], names[2], names[0]].map(\.description))
    }

    /// What a writer may still be at stays.
    @Test func onlyOldRestsAreSwept() throws {
        try maildrop.prepare()
        let path = maildrop.path(of: ".1m7z2y1yh0jn12.x")
        try Data("half".utf8).write(to: URL(fileURLWithPath: path))
        try maildrop.put(message, as: name())
        let written = try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
        let moment = Timestamp(secondsSince1970: Int64(written.timeIntervalSince1970))
        maildrop.sweepUnfinished(at: moment + .seconds(3599))
        #expect(files.count == 3)
        maildrop.sweepUnfinished(at: moment + .seconds(3602))
        #expect(files.count == 2 && !FileManager.default.fileExists(atPath: path))
    }
}
