/// What is remembered of a draft that was made for a message.
package enum RememberedDraft: Hashable, Sendable {
    /// By its immutable id.
    case named(String)
    /// One may have been made, whose id nobody knows.
    case somewhere
}

/// What an attempt leaves behind of a draft.
package enum DraftTrace: Hashable, Sendable {
    case unchanged
    /// There is one, which is not remembered yet.
    case made(id: String)
    /// There may be one, whose id is not known.
    case lost
    /// It was sent: there is none any more.
    case used
}
