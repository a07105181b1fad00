import MailModel

@testable import GraphProtocol

/// Sun, 06 Nov 1994 08:49:37 GMT: the example date of RFC 9110.
let rfcMoment = Timestamp(secondsSince1970: 784_111_777)

func answer(_ status: Int, _ body: String = "", _ headers: [(String, String)] = []) -> WireResponse {
    WireResponse(status: status, headers: headers.map { .init($0.0, $0.1) }, body: Array(body.utf8))
}

func seconds(_ count: Int) -> Instant { Instant(.seconds(count)) }

func text(of body: WireRequest.Body) -> String {
    guard case .bytes(let bytes) = body else { return "" }
    return String(decoding: bytes, as: UTF8.self)
}

/// The pairs of a form body, decoded by the rules of the form's reader.
func form(_ request: WireRequest) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in text(of: request.body).split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        fields[formDecoded(parts[0])] = formDecoded(parts[1])
    }
    return fields
}

private func formDecoded(_ text: String) -> String {
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "+"): output.append(0x20)
        case UInt8(ascii: "%"):
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            rest = rest.dropFirst(2)
            output.append(UInt8(digits, radix: 16) ?? 0)
        default: output.append(byte)
        }
    }
    return String(decoding: output, as: UTF8.self)
}

/// A small generator with a seed, so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
