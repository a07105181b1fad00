import MailModel
import Testing

@testable import Postern

@Suite struct BounceDecoderTests {
    private static let routes = """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            graph: {tenant: t, client_id: c, client_secret: s}

        """

    private func problems(_ text: String) -> [String] {
        do {
            _ = try configuration(Self.routes + text)
            return []
        } catch let error as ConfigurationError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    static let good: [(String, Configuration.Bounce)] = [
        ("", .init()), ("bounce: ~", .init()), ("bounce: {mode: off}", .init()),
        ("bounce: {mode: off, from: ~}", .init()),
        ("bounce: {mode: sender}", .init(mode: .sender)),
        ("bounce: {mode: sender, from: post@contoso.com}", .init(mode: .sender, from: address("post@contoso.com"))),
        // What is off needs no way.
        ("bounce: {from: post@elsewhere.test}", .init(from: address("post@elsewhere.test"))),
    ]

    @Test(arguments: good) func isRead(_ row: (String, Configuration.Bounce)) throws {
        #expect(try configuration(Self.routes + row.0).bounce == row.1)
    }

    static let bad: [(String, String)] = [
        ("bounce: {mode: on}", "postern.yaml:5: bounce.mode: expected one of off, sender, found `on`"),
        ("bounce: {mode: sender, from: post}", "postern.yaml:5: bounce.from: expected an address, found `post`"),
        ("bounce: {mod: sender}", "postern.yaml:5: bounce.mod: unknown key; did you mean `mode`?"),
        ("bounce: sender", "postern.yaml:5: bounce: expected keys and values, found `sender`"),
        (
            "bounce: {mode: sender, from: post@elsewhere.test}",
            "postern.yaml:5: bounce: no route takes mail from post@elsewhere.test; name a sender of a route as `from`, or leave it out"
        ),
    ]

    @Test(arguments: bad) func isRefused(_ row: (String, String)) { #expect(problems(row.0) == [row.1]) }

    @Test func itIsShown() throws {
        func shown(_ text: String) throws -> String {
            guard case .keys(let keys) = try configuration(Self.routes + text).effective else { return "" }
            return "\(keys.first { $0.0 == "bounce" }.map { "\($0.1)" } ?? "")"
        }
        let on = try shown("bounce: {mode: sender, from: post@contoso.com}")
        #expect(on.contains("sender") && on.contains("post@contoso.com"))
        #expect(try shown("").contains("off"))
    }
}
