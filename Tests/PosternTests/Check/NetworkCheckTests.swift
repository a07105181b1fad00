import Foundation
import HTTPTransport
import MailModel
import Testing

@testable import Postern

@Suite(.timeLimit(.minutes(1))) struct NetworkCheckTests {
    private func check(_ patience: Duration = .seconds(15)) -> NetworkCheck {
        NetworkCheck(patience: patience, transport: HTTPTransport(), clocks: ManualClock().clocks)
    }

    private func web(_ url: String, proxy: String? = nil) -> NetworkCheck.Place {
        .web(url: url, caFile: nil, proxy: proxy.map(Secret.init))
    }

    @Test func anyAnswerIsAWayThere() async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            .status(404, ["Date": "Sat, 21 Nov 2026 12:00:00 GMT"])
        } _: { microsoft in
            var check = check()
            let first = await check.items(web(microsoft.endpoint))
            #expect(first.map(\.name) == ["connect", "clock"] && first.map(\.verdict) == [.ok, .ok])
            // One clock is enough.
            #expect(await check.items(web(microsoft.endpoint)).map(\.name) == ["connect"])
            #expect(check.unreached.isEmpty && microsoft.mailCalls.map(\.path) == ["/", "/"])
        }
    }

    @Test func aNameIsLookedUpOnce() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            var check = check()
            let url = microsoft.endpoint.replacingOccurrences(of: "127.0.0.1", with: "localhost")
            #expect(await check.items(web(url)).map(\.name) == ["dns", "connect"])
            #expect(await check.items(.host("localhost")).isEmpty)
        }
    }

    @Test func nobodyThere() async {
        var check = check()
        let items = await check.items(web("http://127.0.0.1:9"))
        #expect(items.map(\.name) == ["connect"] && items[0].fault == .unavailable && items[0].advice != nil)
        #expect(check.unreached == ["http://127.0.0.1:9"])
    }

    @Test func aServerThatSaysNothing() async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            try? await Task.sleep(for: .seconds(60))
            return .hangUp
        } _: { microsoft in
            var check = check(.milliseconds(50))
            let items = await check.items(web(microsoft.endpoint))
            #expect(items.map(\.text) == ["no answer within 50ms"] && items[0].fault == .unavailable)
        }
    }

    /// What lies behind a name that is not known is not tried.
    @Test func anUnknownName() async {
        var check = check()
        let items = await check.items(web("https://nowhere.invalid"))
        #expect(items.map(\.name) == ["dns"] && items[0].fault == .unavailable)
        #expect(items[0].text.contains("nowhere.invalid") && items[0].advice?.contains("resolv.conf") == true)
        #expect(await check.items(.host("nowhere.invalid")).isEmpty)
        #expect(check.unreached == ["https://nowhere.invalid", "nowhere.invalid"])
    }

    /// Behind a proxy the proxy's name is all that is looked up here; who may use it is not told.
    @Test func aProxy() async {
        var check = check()
        let items = await check.items(web("https://graph.test", proxy: "http://user:pa55@nowhere.invalid:3128"))
        #expect(items.map(\.subject) == ["nowhere.invalid"] && !"\(items)".contains("pa55"))
        #expect(check.unreached == ["https://graph.test"])
    }

    @Test func eachFarSideOnce() throws {
        let graph = "graph: {tenant: t, client_id: c, client_secret: s}"
        let settings = try configuration(
            """
            routes:
              - {name: a, senders: ["*@a.test"], \(graph), smtp: {}}
              - {name: b, senders: ["*@b.test"], \(graph)}
              - {name: c, senders: ["*@c.test"], graph: {tenant: t, managed_identity: system}}
              - name: d
                senders: ["*@d.test"]
                graph: {tenant: t, client_id: c, client_secret: s, proxy: "http://proxy.test:3128"}
            """)
        let (login, root) = ("https://login.microsoftonline.com", "https://graph.microsoft.com")
        let proxy = "http://proxy.test:3128"
        #expect(
            settings.places == [
                web(login), web(root), .host("smtp.office365.com"), web(login, proxy: proxy), web(root, proxy: proxy),
            ])
    }
}
