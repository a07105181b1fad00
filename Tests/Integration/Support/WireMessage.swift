import Foundation

/// A message as bytes, taken apart at the first empty line.
struct WireMessage: Sendable {
    let header: Data
    let body: Data

    init(_ bytes: Data) {
        let end = bytes.range(of: Data("\r\n\r\n".utf8))
        header = end.map { Data(bytes[..<$0.lowerBound]) + Data("\r\n".utf8) } ?? bytes
        body = end.map { Data(bytes[$0.upperBound...]) } ?? Data()
    }

    /// Each with its continuation lines, as bytes would read in Latin-1.
    var fields: [String] {
        var fields: [String] = []
        for line in (String(data: header, encoding: .isoLatin1) ?? "").components(separatedBy: "\r\n")
        where !line.isEmpty {
            if line.first == " " || line.first == "\t", let last = fields.indices.last {
                fields[last] += "\r\n" + line
            } else {
                fields.append(line)
            }
        }
        return fields
    }

    static func name(of field: String) -> String {
        field.split(separator: ":", maxSplits: 1).first.map { $0.lowercased() } ?? ""
    }
}
