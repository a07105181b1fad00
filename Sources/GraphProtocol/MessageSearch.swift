// A message looked for in its mailbox: by its Message-ID, and told from others of the same Message-ID by the marker that
// every message leaves with ("List messages"; "message resource type": internetMessageHeaders, given only where selected).

package import MailModel

package struct MessageSearch: Hashable, Sendable {
    package enum Finding: Hashable, Sendable {
        /// A message that is no draft: it was sent.
        case sent
        case draft(id: String)
        case absent
        /// There is something, and it may be another message of the same Message-ID.
        case unclear
        /// Nothing was learned: a `deferred` outcome.
        case failed(Outcome)
    }

    /// With angle brackets.
    package let messageID: String
    /// The value of `X-Postern-Id`.
    package let marker: String
    /// Several messages of this Message-ID are on their way, so that one without any marker tells nothing.
    package let needsMarker: Bool

    package init(messageID: String, marker: String, needsMarker: Bool = false) {
        self.messageID = messageID
        self.marker = marker
        self.needsMarker = needsMarker
    }

    package func finding(in reply: Result<WireResponse, WireFailure>, now: Timestamp) -> Finding {
        guard case .success(let response) = reply, response.status == 200, let json = JSONValue(response.body),
            case .array(let values) = json["value"]
        else { return .failed(GraphAnswer.putOff(reply, now: now)) }
        let found = values.compactMap(Found.init)
        guard found.count == values.count else { return .failed(GraphAnswer.putOff(reply, now: now)) }
        let own = found.filter { $0.markers.contains(marker) }
        if own.contains(where: { !$0.isDraft }) { return .sent }
        let unmarked = found.filter(\.markers.isEmpty)
        if !needsMarker, unmarked.contains(where: { !$0.isDraft }) { return .sent }
        if let draft = own.first { return .draft(id: draft.id) }
        let hasMore = json["@odata.nextLink"] != nil
        return unmarked.isEmpty && !hasMore ? .absent : .unclear
    }

    /// All drafts that are this message's, for who wants to take them away.
    package func drafts(in reply: Result<WireResponse, WireFailure>, now: Timestamp) -> Result<[String], PutOff> {
        guard case .success(let response) = reply, response.status == 200,
            case .array(let values) = JSONValue(response.body)?["value"]
        else { return .failure(PutOff(outcome: GraphAnswer.putOff(reply, now: now))) }
        return .success(values.compactMap(Found.init).filter { $0.isDraft && $0.markers.contains(marker) }.map(\.id))
    }

    /// A `deferred` outcome in the place of an answer.
    package struct PutOff: Error, Hashable, Sendable {
        package let outcome: Outcome
    }

    private static let markerName = "x-postern-id"

    private struct Found {
        let id: String
        let isDraft: Bool
        let markers: [String]

        init?(_ json: JSONValue) {
            guard let id = json["id"]?.string, let isDraft = json["isDraft"]?.bool else { return nil }
            (self.id, self.isDraft) = (id, isDraft)
            let headers = json["internetMessageHeaders"]?.elements ?? []
            markers = headers.filter { $0["name"]?.string?.lowercased() == markerName }.compactMap(\.trimmedValue)
        }
    }
}

extension JSONValue {
    fileprivate var trimmedValue: String? {
        self["value"]?.string.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
    }
}
