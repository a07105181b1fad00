import Foundation
import Logging
import MailModel
import NIOConcurrencyHelpers

@testable import Postern

// What the tests of this room share: a clock that stands still, addresses, texts, and a configuration.

let noon = Timestamp("2026-11-21 12:00:00")!

func after(_ seconds: Int) -> Timestamp { noon + .seconds(seconds) }

/// Time as the test tells it.
final class ManualClock: Sendable {
    private let wallAtStart: Timestamp
    private let elapsed = NIOLockedValueBox(Duration.zero)
    private let step = NIOLockedValueBox(Duration.zero)

    init(at wall: Timestamp = noon) { wallAtStart = wall }

    func advance(_ span: Duration) { elapsed.withLockedValue { $0 += span } }

    /// Somebody sets the wall clock, while the steady one goes on.
    func set(by span: Duration) { step.withLockedValue { $0 += span } }

    var now: Timestamp { wallAtStart + elapsed.withLockedValue { $0 } + step.withLockedValue { $0 } }
    var instant: Instant { Instant(elapsed.withLockedValue { $0 }) }

    var clocks: Clocks { Clocks(now: { self.now }, instant: { self.instant }) }
}

func address(_ text: String) -> Address { try! Address(parsing: text) }
func addresses(_ count: Int, at domain: String = "example.org") -> [Address] {
    (1...count).map { address("r\($0)@\(domain)") }
}

/// Text with the line ends of mail.
func mail(_ lines: String...) -> [UInt8] { Array(lines.map { $0 + "\r\n" }.joined().utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension String {
    func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}

let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func configuration(_ yaml: String) throws -> Configuration {
    try ConfigurationDecoder.decode(
        yaml, file: "postern.yaml", secrets: SecretSources(environment: [:]), hostname: "relay.test"
    ).configuration
}
