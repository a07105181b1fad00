// Builds the response from what libcurl hands over: header lines one by one, then pieces of the body.

struct ResponseCollector {
    private let limit: Int
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    private(set) var isTruncated = false

    init(limit: Int) {
        self.limit = limit
    }

    /// A final status, if one has come: 1xx are announcements (RFC 9110 §15.2).
    var finalStatus: Int? {
        status >= 200 ? status : nil
    }

    var response: HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: body, isTruncated: isTruncated)
    }

    /// One line, with its line end: a status line (which begins the headers anew), a field, or the empty line.
    mutating func header(_ line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) {
            status = Self.status(in: line)
            headers = HTTPHeaders()
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            headers.append(name: Self.text(line[..<colon]), value: Self.text(line[(colon + 1)...]))
        }
    }

    mutating func body(_ bytes: UnsafeRawBufferPointer) {
        let room = limit - body.count
        body.append(contentsOf: bytes.prefix(room))
        isTruncated = isTruncated || bytes.count > room
    }

    private static func status(in line: UnsafeRawBufferPointer) -> Int {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        return words.count > 1 ? Int(text(Slice(base: line, bounds: words[1].startIndex..<words[1].endIndex))) ?? 0 : 0
    }

    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        var bytes = bytes.drop(while: blank)
        while let last = bytes.last, blank(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
