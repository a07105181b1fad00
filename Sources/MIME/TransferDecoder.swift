// Takes a transfer encoding away while the bytes come (RFC 2045 §6).

import MailModel

/// How a part's bytes were made fit for the way.
package enum TransferEncoding: Hashable, Sendable {
    /// `7bit`, `8bit`, `binary`: the bytes as they stand.
    case identity
    case base64
    case quotedPrintable

    /// `nil` for a name that RFC 2045 does not know. Compares without case.
    package init?(_ name: some StringProtocol) {
        switch name.lowercased() {
        case "7bit", "8bit", "binary": self = .identity
        case "base64": self = .base64
        case "quoted-printable": self = .quotedPrintable
        default: return nil
        }
    }
}

/// Decodes a part piece by piece. A value: a copy goes on from where it was taken, so an interrupted reader can go back.
package struct TransferDecoder: Sendable {
    /// The bytes are not what their encoding promises.
    package struct Malformed: Error, Hashable, Sendable {
        package init() {}
    }

    private enum State {
        case identity
        case base64(Base64.Decoder)
        case quotedPrintable(QuotedPrintable.Decoder)
    }

    private var state: State

    package init(_ encoding: TransferEncoding) {
        switch encoding {
        case .identity: state = .identity
        case .base64: state = .base64(Base64.Decoder())
        case .quotedPrintable: state = .quotedPrintable(QuotedPrintable.Decoder())
        }
    }

    package mutating func append(_ piece: some Collection<UInt8>, to output: inout [UInt8]) throws(Malformed) {
        switch state {
        case .identity: output += piece
        case .base64(var decoder):
            guard decoder.append(piece, to: &output) else { throw Malformed() }
            state = .base64(decoder)
        case .quotedPrintable(var decoder):
            decoder.append(piece, to: &output)
            state = .quotedPrintable(decoder)
        }
    }

    /// Nothing more comes: writes what was held back.
    package mutating func finish(into output: inout [UInt8]) throws(Malformed) {
        switch state {
        case .identity: break
        case .base64(var decoder): if !decoder.finish(into: &output) { throw Malformed() }
        case .quotedPrintable(var decoder): decoder.finish(into: &output)
        }
    }

    /// All at once.
    package static func decode(
        _ bytes: some Collection<UInt8>, _ encoding: TransferEncoding
    ) throws(Malformed) -> [UInt8] {
        var decoder = TransferDecoder(encoding)
        var output: [UInt8] = []
        try decoder.append(bytes, to: &output)
        try decoder.finish(into: &output)
        return output
    }
}
