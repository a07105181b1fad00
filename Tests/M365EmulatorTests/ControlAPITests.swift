import MailModel
import Testing

@testable import M365Emulator

struct ControlAPITests {
    @Test func showsWhatWasSent() throws {
        var bench = Bench()
        for number in 1...3 { _ = bench.sendMIME(Bench.message(id: "<\(number)@contoso.com>")) }
        let all = bench.control("GET", "messages").json
        #expect(all.array?.count == 3)
        #expect(all[0]["recipients"] == ["a@example.com"])
        #expect(all[0]["mailbox"] == .string(Bench.mailbox))
        #expect(all[0]["path"] == "graph")
        #expect(Base64.decode(all[0]["mime"].string ?? "") == Array(Bench.message().utf8))
        let later = bench.control("GET", "messages?after=2&mime=false").json
        #expect(later.array?.count == 1)
        #expect(later[0]["message_id"] == "<3@contoso.com>")
        #expect(later[0]["mime"].isNull)
        #expect(bench.control("GET", "messages/2").json["message_id"] == "<2@contoso.com>")
        let mime = bench.control("GET", "messages/1/mime")
        #expect(String(decoding: mime.body, as: UTF8.self) == Bench.message())
        #expect(bench.control("GET", "messages/4").status == 404)
    }

    @Test func keepsALogOfRequests() {
        var bench = Bench()
        _ = bench.sendMIME()
        bench.advance(.seconds(2))
        _ = bench.sendMIME("x", from: "nobody@fabrikam.com")
        let log = bench.control("GET", "requests").json
        #expect(log.array?.map { $0["operation"] } == ["token", "sendMail", "sendMail"])
        #expect(log[1]["status"] == 202)
        #expect(log[1]["bytes"].int == Bench.base64(Bench.message()).utf8.count)
        #expect(log[2]["code"] == "ErrorInvalidUser")
        #expect(log[2]["arrived"] == 2)
        #expect(bench.control("GET", "requests?after=2").json.array?.count == 1)
    }

    @Test func countsByOperationAndStatus() {
        var bench = Bench()
        _ = bench.sendMIME()
        _ = bench.sendMIME(Bench.message(), from: "x@fabrikam.com")
        let counters = bench.control("GET", "counters").json
        #expect(counters["requests"] == ["token": ["200": 1], "sendMail": ["202": 1, "404": 1]])
        #expect(counters["tokens_issued"] == 1)
        #expect(counters["messages"] == 1)
    }

    @Test func switchesAMailbox() {
        var bench = Bench()
        #expect(bench.control("PATCH", "mailbox/\(Bench.mailbox)", ["full": true]).json["full"] == true)
        #expect(bench.sendMIME().code == "ErrorQuotaExceeded")
        _ = bench.control("PATCH", "mailbox/\(Bench.mailbox)", ["full": false])
        #expect(bench.sendMIME().status == 202)
    }

    @Test func switchesAnAppAndATenant() {
        var bench = Bench()
        _ = bench.sendMIME()
        #expect(bench.control("PATCH", "app/\(Bench.app)", ["enabled": false]).status == 200)
        #expect(bench.sendMIME().status == 401)
        #expect(bench.requestToken().code == "AADSTS7000112")
        #expect(bench.control("PATCH", "tenant/contoso.com", ["basicAuthentication": false]).status == 200)
        #expect(bench.state.directory.tenants[0].basicAuthentication == false)
    }

    @Test func changesSettingsButNotTheDirectory() {
        var bench = Bench()
        _ = bench.control("PATCH", "mailbox/\(Bench.mailbox)", ["full": true])
        #expect(bench.control("PATCH", "settings", ["limits": ["concurrency": 1]]).status == 200)
        #expect(bench.state.settings.limits.concurrency == 1)
        #expect(bench.state.directory.owner(of: Bench.mailbox)?.1.full == true)
        #expect(bench.control("GET", "settings").json["limits"]["concurrency"] == 1)
    }

    static let mistakes: [(String, String, JSONValue, Int)] = [
        ("PATCH", "mailbox/x@fabrikam.com", ["full": true], 404), ("PATCH", "app/nobody", [:], 404),
        ("PATCH", "tenant/nobody", [:], 404), ("PATCH", "mailbox/\(Bench.mailbox)", ["fulll": true], 400),
        ("PATCH", "settings", ["limits": ["x": 1]], 400), ("POST", "faults", ["preset": "x"], 400),
        ("DELETE", "faults/7", [:], 404), ("GET", "nothing", [:], 404), ("POST", "nothing", [:], 404),
        ("PATCH", "nothing", [:], 404),
    ]

    @Test(arguments: mistakes) func saysWhatIsWrong(method: String, path: String, body: JSONValue, status: Int) {
        var bench = Bench()
        #expect(bench.control(method, path, body).status == status)
    }

    @Test func resetForgetsWhatHappened() {
        var bench = Bench()
        _ = bench.sendMIME()
        _ = bench.control("POST", "faults", ["preset": "outage"])
        let running = bench.begin("POST", "/v1.0/users/\(Bench.mailbox)/sendMail", bench.authorization())
        #expect(bench.control("POST", "reset").status == 204)
        #expect(bench.control("GET", "messages").json == [])
        #expect(bench.control("GET", "faults").json == [])
        #expect(bench.control("GET", "requests").json == [])
        let lane = bench.control("GET", "counters").json["mailboxes"][Bench.mailbox]
        #expect(lane["messages"] == 0)
        #expect(lane["concurrency"] == 1)
        _ = bench.state.finish(running, .reset, at: bench.moment)
        #expect(bench.control("GET", "counters").json["mailboxes"][Bench.mailbox]["concurrency"] == 0)
        #expect(bench.sendMIME().status == 202)
    }

    @Test func listsFaults() {
        var bench = Bench()
        #expect(bench.control("POST", "faults", [["status": 500], ["preset": "stall"]]).json["faults"] == [1, 2])
        let rules = bench.control("GET", "faults").json
        #expect(rules[0]["rule"]["status"] == 500)
        #expect(rules[1]["rule"]["effect"] == "stall")
        #expect(bench.control("DELETE", "faults/1").status == 204)
        #expect(bench.control("GET", "faults").json.array?.count == 1)
    }
}

struct RequestLogTests {
    @Test func forgetsTheOldest() {
        var log = RequestLog()
        for _ in 0..<200_001 { _ = log.open(.query, mailbox: "", at: .start) }
        #expect(log[1] == nil)
        #expect(log[200_001]?.number == 200_001)
        log.change(200_001) { $0.status = 200 }
        log.change(1) { $0.status = 500 }
        #expect(log[200_001]?.status == 200)
        log.removeAll()
        #expect(log.open(.query, mailbox: "", at: .start) == 200_002)
    }
}
