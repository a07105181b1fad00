import Foundation
import Testing

/// A route without Graph: the capped, retrying relay in front of any submission host, here a Postfix.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: SubmissionServer.obstacle == nil, Comment(rawValue: SubmissionServer.obstacle ?? "")))
struct RelayTests {
    private static func configuration(_ host: [String], store: Store) -> String {
        """
        hostname: relay.test
        store: \(store.path)
        smtp:
          - listen: 127.0.0.1:0
        routes:
          - name: relay
            senders: ["*@contoso.com"]
            primary: smtp
            limits: {messages_per_mailbox: 100000/m}
            smtp:
        \(host.map { "      " + $0 }.joined(separator: "\n"))
        retry: {first: 300ms, factor: 1, max: 300ms, jitter: 0}

        """
    }

    /// Postfix and a gateway that delivers to it.
    private static func run(
        _ host: (SubmissionServer) -> [String] = { $0.keys() },
        _ body: (SubmissionServer, Scenario) async throws -> Void
    ) async throws {
        try await SubmissionServer.run { server in
            try await Scenario.run(started: false) { scenario in
                try scenario.gateway.write(configuration(host(server), store: scenario.gateway.store))
                try await scenario.gateway.start()
                try await body(server, scenario)
            }
        }
    }

    @Test func smtplibThroughPosternToPostfix() async throws {
        let corpus = try await Corpus.make()
        try await Self.run { server, scenario in
            _ = try await Python.run(
                "smtplib_client.py", ["\(scenario.gateway.port)", Corpus.sender, Corpus.recipient] + corpus.paths)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": corpus.files.count] }
            let mail = try await eventually("delivered by Postfix", server.mail) { $0.count == corpus.files.count }
            #expect(mail.map(\.subject).sorted() == corpus.files.map { String($0.dropLast(4)) })
            for message in mail {
                let original = WireMessage(try corpus.directory.read("\(message.subject).eml"))
                let delivered = try Data(contentsOf: URL(fileURLWithPath: message.file))
                // A maildir has lines as Unix has them.
                #expect(
                    Self.withLineFeeds(delivered).hasSuffix(Self.withLineFeeds(original.body)), "\(message.subject)")
            }
            let rows = try await scenario.gateway.store.rows()
            #expect(Set(rows.map(\.requestId)) == Set(mail.map(\.queueId)), "its queue ids are on record")
        }
    }

    private static func withLineFeeds(_ data: Data) -> [UInt8] { data.filter { $0 != 0x0D } }

    // MARK: Postfix dies

    /// Each time all of its processes at once, in the middle of whatever it is doing, and it comes back on what it has on disk.
    @Test func killingPostfixLosesAndDoublesNothing() async throws {
        try await Self.run { server, scenario in
            let ids = try await scenario.send(400, from: "reports@contoso.com,ann@contoso.com", connections: 8)
            for round in 1...3 {
                try await eventually("some are confirmed") {
                    try await scenario.gateway.store.counts()["S", default: 0]
                } until: {
                    $0 >= 50 * round
                }
                try await server.kill()
                try await server.startAgain()
                _ = try await scenario.gateway.reload()
            }
            try await scenario.gateway.store.counts("all confirmed") { $0 == ["S": ids.count] }
            try await Self.check(server, scenario.gateway.store)
        }
    }

    /// By Postfix's queue ids: what it delivers twice itself, because it died between delivery and its own note of it, has
    /// the same one.
    private static func check(_ server: SubmissionServer, _ store: Store) async throws {
        let rows = try await store.rows()
        let confirmed = Set(rows.compactMap(\.requestId))
        #expect(confirmed.count == rows.count)
        let mail = try await eventually("all that was confirmed is delivered", server.mail) { mail in
            confirmed.isSubset(of: mail.map(\.queueId))
        }
        let copies = Dictionary(grouping: mail, by: \.subject).mapValues { Set($0.map(\.queueId)) }
        let doubts = Dictionary(grouping: try await store.attempts("outcome = 'unknown'"), by: \.emailId)
        for row in rows {
            let ids = copies[row.subject ?? "", default: []]
            #expect(row.requestId.map(ids.contains) == true, "\(row.id) is lost")
            #expect(ids.count <= 1 + doubts[row.id, default: []].count, "\(row.id) is doubled: \(ids)")
        }
    }

    // MARK: What an operator mends

    @Test func aWrongPasswordHoldsMailUntilItIsRight() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("wrong", to: "password")
        try await Self.run {
            $0.keys(password: "{file: \(file)}")
        } _: { server, scenario in
            try await scenario.send(3)
            let rows = try await scenario.gateway.store.rows("they wait") { rows in
                rows.count { $0.status == "Q" && $0.errorText?.contains("`password`") == true } == 3
            }
            #expect(rows.contains { $0.httpStatus == 535 })
            try directory.write(SubmissionServer.password, to: "password")
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 3] }
        }
    }

    @Test func aCertificateThatNobodyTrustsHoldsMail() async throws {
        try await Self.run {
            $0.keys(isTrusted: false)
        } _: { server, scenario in
            try await scenario.send(3)
            try await scenario.gateway.store.rows("they wait") { rows in
                rows.contains { $0.errorText?.contains("`ca_file`") == true }
            }
            try scenario.gateway.write(Self.configuration(server.keys(), store: scenario.gateway.store))
            #expect(try await scenario.gateway.reload().contains("configuration reloaded"))
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 3] }
        }
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
