import EmailLog
import Foundation
import Logging
import MailModel
import NIOConcurrencyHelpers
import ServiceLifecycle
import Testing

@testable import Postern

/// The service's side: everything becomes a message once, or is put aside with a reason.
@Suite(.timeLimit(.minutes(5))) struct MaildropServiceTests {
    private let desk: Desk
    private let maildrop: Maildrop
    private let service: MaildropService
    private static let putAside = "mail in the maildrop not taken, put aside"

    init() throws {
        desk = try Desk()
        maildrop = Maildrop(store: desk.directory.store)
        try maildrop.prepare()
        let woken = desk.woken
        let reception = Reception(
            door: .sendmail, log: desk.log, rules: desk.rules, priority: { .normal }, clocks: desk.clock.clocks,
            logger: desk.recorder.logger, wake: { lane, _ in woken.withLockedValue { $0.append(lane) } })
        service = MaildropService(maildrop, reception)
    }

    private static let content = mail("From: ann@contoso.com", "Subject: late", "", "Hello")

    private func message(
        _ content: [UInt8] = content, to recipients: [Address] = [Desk.recipient], at date: Timestamp = noon
    ) -> MaildropMessage {
        MaildropMessage(envelope: Envelope(sender: Desk.sender, recipients: recipients), date: date, content: content)
    }

    private func name(_ id: String = "1m7z2y1yh0jn12") -> MaildropName {
        var random = SystemRandomNumberGenerator()
        return MaildropName(QueueID(rawValue: id), using: &random)
    }

    private func list(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "bad" }.sorted()) ?? []
    }

    private var waiting: [String] { list(maildrop.path) }
    private var aside: [String] { list(maildrop.rejected) }
    private var errors: [LogRecorder.Line] { desk.recorder.lines.filter { $0.level == .error } }

    // MARK: What becomes a message

    @Test func itIsAcceptedUnderItsName() async throws {
        let name = name()
        try maildrop.put(message(at: noon - .seconds(600)), as: name)
        await service.pickUp()
        let row = try #require(try await desk.onlyRow())
        #expect(row.id == name.id && row.status == .queued && row.createdDate == noon - .seconds(600))
        #expect(row.client == "sendmail" && row.user == LocalAccount.name(geteuid()))
        #expect(row.sender == "ann@contoso.com" && row.recipients == ["bob@example.org"] && row.subject == "late")
        let claimed = try #require(try await desk.log.claim(name.id, path: .graph, at: noon))
        #expect(text(claimed.received).hasPrefix("Received: by relay.test with sendmail id \(name.id);"))
        #expect(try await desk.log.body(of: name.id).read(at: 0, upTo: 1000) == Self.content)
        #expect(waiting.isEmpty && aside.isEmpty && errors.isEmpty)
        #expect(desk.woken.withLockedValue { $0 } == [LaneKey(route: "contoso", mailbox: Desk.sender)])
    }

    @Test func aDayToComeIsToday() async throws {
        try maildrop.put(message(at: after(86400)), as: name())
        await service.pickUp()
        #expect(try await desk.onlyRow()?.createdDate == noon)
    }

    @Test func largeMailTakesTheSameWay() async throws {
        let large = Self.content + Array(repeating: UInt8(ascii: "."), count: 1_000_000) + mail("")
        let name = name()
        try maildrop.put(message(large), as: name)
        await service.pickUp()
        #expect(try await desk.log.body(of: name.id).read(at: 0, upTo: large.count + 1) == large)
        #expect(desk.directory.spoolNames.count == 1 && waiting.isEmpty)
    }

    // MARK: Once

    /// The process ended between the commit and the deletion.
    @Test(arguments: [1, 7]) func whatIsInTheStoreAlreadyIsOnlyDeleted(_ recipients: Int) async throws {
        let name = name()
        let message = message(to: addresses(recipients))
        try maildrop.put(message, as: name)
        await service.pickUp()
        let rows = try await desk.log.rows(LogFilter())
        try maildrop.put(message, as: name)
        await service.pickUp()
        #expect(try await desk.log.rows(LogFilter()) == rows && !rows.isEmpty)
        #expect(waiting.isEmpty && aside.isEmpty && errors.isEmpty)
    }

    @Test func alsoOnceItIsSent() async throws {
        let name = name()
        try maildrop.put(message(), as: name)
        await service.pickUp()
        _ = try await desk.log.cancel(.ids([name.id]))
        try maildrop.put(message(), as: name)
        await service.pickUp()
        #expect(try await desk.onlyRow()?.status == .cancelled)
        #expect(waiting.isEmpty)
    }

    /// Two programs made the same id: both messages count.
    @Test func anotherMessageOfThatIDIsAcceptedUnderItsOwn() async throws {
        let id = "1m7z2y1yh0jn12"
        try maildrop.put(message(), as: name(id))
        await service.pickUp()
        try maildrop.put(message(mail("From: ann@contoso.com", "", "Another")), as: name(id))
        await service.pickUp()
        #expect(waiting.count == 1, "renamed")
        await service.pickUp()
        let rows = try await desk.log.rows(LogFilter())
        #expect(rows.count == 2 && Set(rows.map(\.id)).count == 2 && waiting.isEmpty && errors.isEmpty)
    }

    // MARK: What does not

    private func expectAside(_ name: String, _ reason: String, at location: SourceLocation = #_sourceLocation)
        async throws
    {
        await service.pickUp()
        #expect(aside == [name] && waiting.isEmpty, sourceLocation: location)
        let line = try #require(errors.first)
        #expect(line.sentence == Self.putAside && errors.count == 1, sourceLocation: location)
        #expect(line.metadata["file"] == "\(maildrop.path)/\(name)", sourceLocation: location)
        let said = line.metadata["reason"]?.description ?? ""
        #expect(said.contains(reason), "\(said)", sourceLocation: location)
        #expect(try await desk.log.rows(LogFilter()).isEmpty, sourceLocation: location)
    }

    @Test func whatNoRouteTakes() async throws {
        let name = name()
        try maildrop.put(message(mail("From: x@stranger.org", "")), as: name)
        try await expectAside(name.description, "550 5.7.1 No route takes mail from x@stranger.org")
        #expect(errors.first?.metadata["user"] == "\(LocalAccount.name(geteuid()))")
    }

    @Test func aTornFile() async throws {
        let (name, bytes) = (name(), try message().encoded())
        try Data(bytes.dropLast(3)).write(to: URL(fileURLWithPath: maildrop.path(of: name)))
        try await expectAside(name.description, "its end is missing")
    }

    @Test func aStrangeName() async throws {
        try Data(message().encoded()).write(to: URL(fileURLWithPath: maildrop.path(of: "hello")))
        try await expectAside("hello", "its name is none of ours")
    }

    @Test func aSymbolicLink() async throws {
        let file = try desk.directory.write("secret", message().encoded())
        let name = name().description
        #expect(symlink(file, maildrop.path(of: name)) == 0)
        try await expectAside(name, "it is a symbolic link")
        #expect(FileManager.default.fileExists(atPath: file))
    }

    @Test func aSecondNameOfAnotherFile() async throws {
        let file = try desk.directory.write("secret", message().encoded())
        let name = name().description
        #expect(link(file, maildrop.path(of: name)) == 0)
        try await expectAside(name, "it has another name elsewhere")
    }

    @Test func aPipe() async throws {
        let name = name().description
        #expect(mkfifo(maildrop.path(of: name), 0o644) == 0)
        try await expectAside(name, "it is not a file")
    }

    @Test func aDirectory() async throws {
        let name = name().description
        #expect(mkdir(maildrop.path(of: name), 0o755) == 0)
        try await expectAside(name, "it is not a file")
    }

    @Test(arguments: [0, 20_000_000]) func whatIsTooLarge(_ extra: Int) async throws {
        let rules = ReceptionRules(
            try configuration("smtp: [{listen: \"127.0.0.1:0\", max_message_size: 1KB}]\n" + Desk.routes))
        desk.rules.withLockedValue { $0 = rules }
        let name = name()
        let content = Self.content + Array(repeating: UInt8(ascii: "x"), count: 1001 - Self.content.count + extra)
        try maildrop.put(message(content), as: name)
        try await expectAside(name.description, "it is larger than 1000 octets")
    }

    /// Mended and put back, it goes its way.
    @Test func whatWasPutAsideCanBePutBack() async throws {
        let name = name()
        try maildrop.put(message(mail("From: x@stranger.org", "")), as: name)
        try await expectAside(name.description, "550")
        let rules = ReceptionRules(try configuration(Desk.routes.replacing("*@contoso.com", with: "*")))
        desk.rules.withLockedValue { $0 = rules }
        #expect(rename("\(maildrop.rejected)/\(name)", maildrop.path(of: name)) == 0)
        await service.pickUp()
        #expect(try await desk.onlyRow()?.id == name.id)
    }

    @Test func oneBadFileStopsNoOther() async throws {
        try Data().write(to: URL(fileURLWithPath: maildrop.path(of: "1")))
        try maildrop.put(message(), as: name())
        try Data().write(to: URL(fileURLWithPath: maildrop.path(of: "z")))
        await service.pickUp()
        #expect(aside == ["1", "z"] && waiting.isEmpty)
        #expect(try await desk.onlyRow() != nil)
    }

    @Test func whatCannotBePutAsideIsToldOnce() async throws {
        try FileManager.default.removeItem(atPath: maildrop.rejected)
        try Data().write(to: URL(fileURLWithPath: maildrop.path(of: "odd")))
        await service.pickUp()
        await service.pickUp()
        #expect(errors.map(\.sentence) == ["mail in the maildrop neither taken nor put aside"])
        #expect(waiting == ["odd"])
    }

    // MARK: Trouble of our own

    @Test func aStoreInTroubleLosesNothing() async throws {
        try maildrop.put(message(), as: name())
        try await desk.log.close()
        await service.pickUp()
        #expect(waiting.count == 1 && aside.isEmpty)
        #expect(errors.map(\.sentence) == ["message not stored"])
    }

    @Test func aMaildropThatIsGoneIsToldOnce() async throws {
        try FileManager.default.removeItem(atPath: maildrop.path)
        await service.pickUp()
        await service.pickUp()
        #expect(errors.map(\.sentence) == ["maildrop not readable"])
    }

    // MARK: As a service

    private func running(_ body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: silence))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func itLooksWhenItStarts() async throws {
        let recorder = LogRecorder(awaiting: "message accepted")
        let reception = Reception(
            door: .sendmail, log: desk.log, rules: desk.rules, priority: { .normal }, clocks: desk.clock.clocks,
            logger: recorder.logger, wake: { _, _ in })
        try maildrop.put(message(), as: name())
        let service = MaildropService(maildrop, reception, interval: .seconds(3600))
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: silence))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await recorder.logged("message accepted")
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try await desk.onlyRow() != nil)
    }

    @Test func withoutAMaildropTheServiceRunsOn() async throws {
        try FileManager.default.removeItem(atPath: maildrop.path)
        try Data().write(to: URL(fileURLWithPath: maildrop.path))
        try await running {}
        #expect(errors.map(\.sentence) == ["no maildrop"])
    }
}
