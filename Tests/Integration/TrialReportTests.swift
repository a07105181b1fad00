import Foundation
import Testing

/// `postern trial report`: what it says, and where there is nothing to say.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TrialReportTests {
    @Test func whereThereIsNoTrialItSaysSo() async throws {
        try await Scenario.run { scenario in
            let result = try await scenario.gateway.run("trial", "report")
            #expect(result.status == 66 && result.errors.contains("no route has a trial"), "\(result)")
            let elsewhere = try await scenario.gateway.run("trial", "report", "--route", "elsewhere")
            #expect(elsewhere.status == 64 && elsewhere.errors.contains("there is no route elsewhere"), "\(elsewhere)")
            let both = try await scenario.gateway.run("trial", "report", "--json", "--html", "x.html")
            #expect(both.status == 64, "\(both)")
        }
    }

    @Test func thePageIsWrittenWholeOrNotAtAll() async throws {
        let trial = "trial: {mode: split, percent: 50}"
        try await Scenario.run(GatewayConfiguration(route: [trial], smtp: [])) { scenario in
            let path = scenario.gateway.directory.path("report.html")
            for _ in 1...2 {
                let result = try await scenario.gateway.run("trial", "report", "--html", path)
                #expect(result.status == 0 && result.output.isEmpty, "\(result)")
                let page = try String(contentsOfFile: path, encoding: .utf8)
                #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
            }
            let nowhere = try await scenario.gateway.run("trial", "report", "--html", path + "/x")
            #expect(nowhere.status == 1 && nowhere.errors.contains("cannot be written"), "\(nowhere)")
        }
    }
}
