import MailModel
import SMTPProtocol
import SMTPTransport
import Testing

@testable import M365Emulator

/// What is open is counted for as long as it is open.
@Suite(.timeLimit(.minutes(5))) struct ConnectionCountTests {
    @Test func overlappingConnectionsAreCountedPerMailboxAndInTotal() async throws {
        try await Rig.run { rig in
            var first = try await rig.client()
            let second = try await rig.client(tls: true)
            let other = try await rig.client("b@contoso.com")
            await first.quit()
            await rig.until { $0.connections == 2 }
            let third = try await rig.client()
            let fourth = try await rig.client()
            let counters = try await rig.control("GET", "counters")
            #expect(counters["smtp_connections"] == 4)
            #expect(counters["max_smtp_connections"] == 4)
            #expect(counters["mailboxes"][Bench.mailbox]["smtp_connections"] == 3)
            #expect(counters["mailboxes"][Bench.mailbox]["max_smtp_connections"] == 3)
            #expect(counters["mailboxes"]["b@contoso.com"]["max_smtp_connections"] == 1)
            for var client in [second, other, third, fourth] { await client.quit() }
            await rig.until { $0.connections == 0 }
            #expect(rig.lane.connections == 0)
            #expect(rig.lane.maximumConnections == 3)
        }
    }

    /// Nobody is counted for a mailbox that did not let him in.
    @Test func aRefusedAUTHCountsInTotalOnly() async throws {
        try await Rig.run { rig in
            try await rig.control("PATCH", "mailbox/\(Bench.mailbox)", ["smtpAuthentication": false])
            #expect(try await rig.submit() == 535)
            #expect(rig.lane.maximumConnections == 0)
            #expect(rig.emulator.core.withState { $0.counters.maximumConnections } == 1)
        }
    }

    /// The client has closed its side; the message is still being processed, and the socket is still open.
    @Test func aHalfClosedConnectionIsStillOpen() async throws {
        let (gate, waits) = (Gate(), RecordedWaits())
        try await Rig.run(clock: waits.clock { await gate.wait() }) { rig in
            var clients: [SMTPClient] = []
            for _ in 0..<3 { clients.append(try await rig.client()) }
            let deliveries = clients.map { client in
                Task {
                    var client = client
                    return try await Rig.deliver(&client)
                }
            }
            await rig.until { _ in waits.all.count == 3 }
            for delivery in deliveries { delivery.cancel() }
            for delivery in deliveries { _ = await delivery.result }
            #expect(rig.lane.submissions == 3)
            #expect(rig.lane.connections == 3)
            var late = try await rig.client()
            #expect(rig.lane.maximumConnections == 4)
            gate.open()
            await rig.until { $0.lane.connections == 1 }
            #expect(rig.lane.submissions == 0)
            #expect(rig.lane.maximumSubmissions == 3)
            await late.quit()
        }
    }

    @Test func aResetKeepsCountingWhatIsOpen() async throws {
        try await Rig.run { rig in
            var client = try await rig.client()
            try await rig.control("POST", "reset")
            #expect(rig.lane.connections == 1)
            #expect(rig.lane.maximumConnections == 1)
            await client.quit()
            await rig.until { $0.connections == 0 }
            #expect(rig.lane.connections == 0)
        }
    }
}
