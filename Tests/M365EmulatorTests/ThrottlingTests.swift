import MailModel
import Testing

@testable import M365Emulator

/// The published limits as a client meets them.
struct ThrottlingTests {
    private static let path = "/v1.0/users/\(Bench.mailbox)/sendMail"

    @Test func theFifthRequestAtATimeIsRefused() {
        var bench = Bench()
        let headers = bench.authorization().merging(Bench.mime) { $1 }
        let running = (0..<4).map { _ in bench.begin("POST", Self.path, headers) }
        #expect(running.allSatisfy { $0.refusal == nil })
        let fifth = bench.sendMIME()
        #expect(fifth.status == 429)
        #expect(fifth.code == "ApplicationThrottled")
        #expect(fifth.json["error"]["message"] == "Application is over its MailboxConcurrency limit.")
        #expect(fifth["Retry-After"] == "10")
        #expect(bench.sendMIME(Bench.message(from: "other@contoso.com"), from: "other@contoso.com").status == 202)
        _ = bench.state.finish(running[0], .answer(HTTPAnswer(202)), at: bench.moment)
        #expect(bench.sendMIME().status == 202)
        #expect(bench.control("GET", "counters").json["mailboxes"][Bench.mailbox]["max_concurrency"] == 4)
        #expect(bench.control("GET", "counters").json["throttled"] == 1)
    }

    @Test func twoAppsHaveALaneEach() {
        var bench = Bench {
            var second = $0.tenants[0].apps[0]
            second.clientID = "other"
            $0.tenants[0].apps.append(second)
            $0.limits.concurrency = 1
        }
        let token = bench.requestToken(["client_id": "other"]).json["access_token"].string ?? ""
        #expect(bench.begin("POST", Self.path, bench.authorization()).refusal == nil)
        #expect(bench.begin("POST", Self.path, ["authorization": "Bearer \(token)"]).refusal == nil)
        #expect(bench.begin("POST", Self.path, bench.authorization()).refusal?.status == 429)
    }

    @Test func aWindowsLimitIsHeldInEveryWindow() {
        var bench = Bench {
            $0.limits.requests = 3
            $0.limits.requestWindow = 60
        }
        for _ in 0..<3 {
            #expect(bench.sendMIME().status == 202)
            bench.advance(.seconds(10))
        }
        let refused = bench.sendMIME()
        #expect(refused.code == "TooManyRequests")
        #expect(refused["Retry-After"] == "30")
        bench.advance(.seconds(91))
        #expect(bench.sendMIME().status == 202)
    }

    @Test func bytesAreLimited() {
        var bench = Bench { $0.limits.uploadBytes = 500 }
        #expect(bench.sendMIME().status == 202)
        #expect(bench.sendMIME().status == 202)
        let refused = bench.sendMIME()
        #expect(refused.json["error"]["message"] == "Application is over its IncomingBytes limit.")
        #expect(refused["Retry-After"] == "300")
    }

    @Test func countsWhoComesBackTooEarly() {
        var bench = Bench { $0.limits.requests = 1 }
        _ = bench.sendMIME()
        _ = bench.sendMIME()
        bench.advance(.milliseconds(100))
        _ = bench.sendMIME()
        #expect(bench.control("GET", "counters").json["early_requests"] == 0)
        bench.advance(.seconds(5))
        _ = bench.sendMIME()
        #expect(bench.control("GET", "counters").json["early_requests"] == 1)
    }

    /// A pause that a fault has asked for counts as well, in each of its forms.
    @Test(arguments: ["30", "30.5", "Wed, 18 Nov 2026 11:07:10 GMT"]) func faultsAskForPausesToo(text: String) {
        var bench = Bench()
        _ = bench.authorization()
        _ = bench.control("POST", "faults", ["preset": "throttle", "headers": ["Retry-After": .string(text)]])
        #expect(bench.graph("GET", "/\(Bench.mailbox)/messages").status == 429)
        bench.advance(.seconds(29))
        _ = bench.sendMIME()
        #expect(bench.control("GET", "counters").json["early_requests"] == 1)
        bench.advance(.seconds(2))
        _ = bench.sendMIME()
        #expect(bench.control("GET", "counters").json["early_requests"] == 1)
    }

    /// Above 30 a minute messages are taken, and leave later.
    @Test func delaysWhatExceedsTheMessageRate() {
        var bench = Bench { $0.limits.messagesPerMinute = 2 }
        for number in 1...3 { #expect(bench.sendMIME(Bench.message(id: "<\(number)@contoso.com>")).status == 202) }
        let waiting = bench.graph(
            "GET", "/\(Bench.mailbox)/messages?$filter=internetMessageId%20eq%20'%3C3@contoso.com%3E'")
        #expect(waiting.json["value"][0]["isDraft"] == true)
        #expect(bench.graph("GET", "/\(Bench.mailbox)/mailFolders/sentitems/messages").json["value"].array?.count == 2)
        bench.advance(.seconds(60))
        #expect(bench.graph("GET", "/\(Bench.mailbox)/mailFolders/sentitems/messages").json["value"].array?.count == 3)
        #expect(bench.state.store.captured.map(\.departs.sinceStart) == [.zero, .zero, .seconds(60)])
        let lane = bench.control("GET", "counters").json["mailboxes"][Bench.mailbox]
        #expect(lane["max_messages_per_minute"] == 3)
    }

    /// Above the day's recipients the 202 stands, and a report comes back.
    @Test func reportsWhatExceedsTheRecipientRate() {
        var bench = Bench { $0.limits.recipientsPerDay = 3 }
        let two = Bench.message(to: "a@example.com, b@example.com")
        #expect(bench.sendMIME(two).status == 202)
        #expect(bench.sendMIME(two).status == 202)
        #expect(bench.state.store.captured.count == 1)
        let inbox = bench.graph("GET", "/\(Bench.mailbox)/mailFolders/inbox/messages")
        #expect(inbox.json["value"][0]["subject"] == "Undeliverable: Report")
        bench.advance(.seconds(86_400))
        bench.forgetToken()
        #expect(bench.sendMIME(two).status == 202)
        #expect(bench.state.store.captured.count == 2)
    }
}
