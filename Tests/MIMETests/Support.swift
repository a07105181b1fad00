// What several tables share.

import MIME
import MailModel

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension String {
    init(_ bytes: some Collection<UInt8>) { self = String(decoding: bytes, as: UTF8.self) }

    /// With CRLF for every LF, as bytes: tables are written in the source's own line ends.
    var wire: [UInt8] { utf8.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } }
}

/// Compares as UTF-8 text without carriage returns, which makes a failure readable.
func lines(_ bytes: some Collection<UInt8>) -> String { String(bytes.filter { $0 != 0x0D }) }

func address(_ text: String) -> Address {
    guard let address = try? Address(parsing: text) else { fatalError("a test's own address is wrong: \(text)") }
    return address
}

func envelope(_ recipients: String...) -> Envelope {
    Envelope(sender: address("app@contoso.com"), recipients: recipients.map(address))
}

/// 2026-11-21 09:30:00
let saturday = Timestamp(milliseconds: 1_795_253_400_000)

func editor(_ carrier: HeaderEditor.Carrier) -> HeaderEditor {
    let trace = TraceInfo(
        clientName: "app01", clientAddress: "192.0.2.7", by: "relay.contoso.com", with: "ESMTPS",
        id: QueueID(rawValue: "01kb00000abcde"), date: saturday)
    return HeaderEditor(
        id: trace.id, received: trace.receivedField,
        missing: .init(
            messageID: "<01kb00000abcde@relay.contoso.com>", date: saturday, from: address("app@contoso.com")),
        carrier: carrier)
}
