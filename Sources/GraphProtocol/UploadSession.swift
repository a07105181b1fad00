// What `createUploadSession` answers ("attachment: createUploadSession"; "uploadSession resource type").

package import MailModel

/// Where the bytes of one attachment go. The URL holds a credential: it stands in no description.
package struct UploadSession: Hashable, Sendable {
    /// Absolute, on a host of its own; used as it is.
    package let url: String
    /// When it ends, however busy it is; `nil` where the answer does not say.
    package let expires: Timestamp?
    /// The first octet it wants.
    package let next: Int

    package init(url: String, expires: Timestamp?, next: Int = 0) {
        self.url = url
        self.expires = expires
        self.next = next
    }

    /// `nil` where the answer names no place.
    init?(_ body: [UInt8]) {
        guard let json = JSONValue(body), let url = json["uploadUrl"]?.string, !url.isEmpty else { return nil }
        self.init(url: url, expires: Self.expiry(json), next: Self.nextExpected(json) ?? 0)
    }

    /// From `nextExpectedRanges`, in whatever case: `["0-"]`, `["2097152"]`, `["100-199","300-"]`; the first octet that is
    /// missing. `nil` where there is none.
    static func nextExpected(_ json: JSONValue) -> Int? {
        json["nextExpectedRanges"]?.elements.compactMap { range in
            range.string.flatMap { Int($0.prefix { $0.isNumber }) }
        }.min()
    }

    /// `2026-11-21T10:00:00.1234567Z`: more digits than a timestamp takes.
    private static func expiry(_ json: JSONValue) -> Timestamp? {
        json["expirationDateTime"]?.string.flatMap { Timestamp(String($0.prefix(19))) }
    }
}

extension UploadSession: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "an upload session" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["next": next]) }
}
