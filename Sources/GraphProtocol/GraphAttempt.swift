// One attempt to bring a message through Graph without ever doubling it: what is asked for, and in which order. Facts it rests
// on: a copy in Sent Items shows some time after a message was sent, so that "not found" proves nothing before a grace time is
// over; an immutable id designates the draft and, once that was sent, its copy; a draft is one item, and the second `send` of
// it is refused ("Obtain immutable identifiers for Outlook resources", "message: send", "Things to know about sending mail").

package import MailModel

package struct GraphAttempt: Hashable, Sendable {
    /// What is known of the message before.
    package struct Facts: Hashable, Sendable {
        package var mode: ExactlyOnce
        /// What earlier attempts left.
        package var draft: RememberedDraft?
        /// An earlier attempt had no clear answer: for so long, what is not found may still appear. `nil`: none had.
        package var doubt: Duration?
        /// Where looking cannot tell either, a person decides; else the message is sent again (`on_unknown`).
        package var holdsUnclear: Bool
        /// A draft that is found is whole. False where it is put together in several requests.
        package var adopts: Bool

        package init(
            mode: ExactlyOnce, draft: RememberedDraft? = nil, doubt: Duration? = nil, holdsUnclear: Bool = false,
            adopts: Bool = true
        ) {
            self.mode = mode
            self.draft = draft
            self.doubt = doubt
            self.holdsUnclear = holdsUnclear
            self.adopts = adopts
        }
    }

    package enum Action: Hashable, Sendable {
        case look(id: String)
        case search
        case createDraft
        /// Remember the id, synced, before anything else.
        case keep(id: String)
        case sendDraft(id: String)
        case sendMail
        case end(Ending)
    }

    package enum Event: Hashable, Sendable {
        case looked(DraftLook)
        case searched(MessageSearch.Finding)
        case created(DraftCreation)
        /// False where the store could not write.
        case kept(Bool)
        /// To `sendDraft` or `sendMail`.
        case answered(Outcome)
    }

    package struct Ending: Hashable, Sendable {
        package var outcome: Outcome
        package var draft = DraftTrace.unchanged
        /// Looking could not tell, and a person is to decide.
        package var isHeld = false
        /// How an accepted message was found to be so.
        package var note: String?
    }

    enum State: Hashable, Sendable {
        /// Nothing has been asked yet.
        case new
        /// At a draft that is remembered.
        case looking(id: String)
        /// In all folders. `afterDraft`: one that is remembered is not there.
        case searching(afterDraft: Bool)
        case creating
        case keeping(id: String)
        /// `isDraft`: one of ours, which is none any more once it was sent.
        case sending(isDraft: Bool)
        case ended
    }

    let facts: Facts
    private(set) var state = State.new

    package init(_ facts: Facts) { self.facts = facts }

    package mutating func begin() -> Action {
        switch (facts.mode, facts.doubt, facts.draft) {
        case (.off, _, _), (.lookup, nil, _): return submit()
        case (.lookup, .some, .named(let id)), (.draft, .some, .named(let id)):
            state = .looking(id: id)
            return .look(id: id)
        case (.draft, nil, .named(let id)): return send(id)
        case (.draft, nil, nil): return create()
        case (.lookup, .some, .somewhere), (.lookup, .some, nil), (.draft, .some, .somewhere), (.draft, .some, nil),
            (.draft, nil, .somewhere):
            return search(afterDraft: false)
        }
    }

    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.looking(let id), .looked(let look)): return looked(look, id)
        case (.searching(let afterDraft), .searched(let finding)): return searched(finding, afterDraft: afterDraft)
        case (.creating, .created(.created(let id))): return keep(id)
        case (.creating, .created(.lost(let refusal, let wait))):
            return end(.init(outcome: .deferred(refusal, retryAfter: wait), draft: .lost))
        case (.creating, .created(.refused(let outcome))): return end(.init(outcome: outcome))
        case (.keeping(let id), .kept(true)): return send(id)
        case (.keeping(let id), .kept(false)):
            return end(.init(outcome: .deferred(Self.notKept, retryAfter: nil), draft: .made(id: id)))
        case (.sending(let isDraft), .answered(let outcome)):
            let isUsed = if case .accepted = outcome { isDraft } else { false }
            return end(.init(outcome: outcome, draft: isUsed ? .used : .unchanged))
        case (.new, _), (.looking, _), (.searching, _), (.creating, _), (.keeping, _), (.sending, _), (.ended, _):
            // Nobody asked for this: what has happened is not known.
            return end(.init(outcome: .unknown(Self.outOfTurn)))
        }
    }

    // MARK: What was found

    private mutating func looked(_ look: DraftLook, _ id: String) -> Action {
        switch look {
        case .draft: send(id)
        case .sent: found(.used)
        case .absent: isGraceOver ? search(afterDraft: true) : wait(Self.notYet)
        case .failed(let outcome): end(.init(outcome: outcome))
        }
    }

    private mutating func searched(_ finding: MessageSearch.Finding, afterDraft: Bool) -> Action {
        switch finding {
        // Where a draft was lost sight of, another one may be left.
        case .sent: found(facts.draft == .somewhere ? .unchanged : .used)
        case .failed(let outcome): end(.init(outcome: outcome))
        // What `sendMail` made waits in Drafts for its turn, and nobody else may send it.
        case .draft where facts.mode == .lookup: wait(Self.inDrafts)
        case .draft(let id) where facts.adopts: keep(id)
        case .draft, .absent: absent(afterDraft: afterDraft)
        case .unclear:
            if facts.doubt == nil { again() } else if isGraceOver { unclear() } else { wait(Self.notYet) }
        }
    }

    /// Without doubt nothing can have been sent. A remembered draft that is nowhere was deleted, before or after it was sent.
    private mutating func absent(afterDraft: Bool) -> Action {
        if facts.doubt == nil { return again() }
        guard isGraceOver else { return wait(Self.notYet) }
        return afterDraft ? unclear() : again()
    }

    private mutating func unclear() -> Action {
        facts.holdsUnclear ? end(.init(outcome: .unknown(Self.cannotTell), isHeld: true)) : again()
    }

    private mutating func found(_ draft: DraftTrace) -> Action {
        end(.init(outcome: .accepted(Receipt(status: 200)), draft: draft, note: Self.foundSent))
    }

    /// Until the grace time is over; what waits in Drafts longer than that is looked for again and again.
    private mutating func wait(_ refusal: Refusal) -> Action {
        let left = max(facts.doubt ?? .zero, .zero)
        return end(.init(outcome: .deferred(refusal, retryAfter: left > .zero ? left : Self.nextLook)))
    }

    private static let nextLook = Duration.seconds(60)

    private var isGraceOver: Bool { facts.doubt.map { $0 <= .zero } ?? true }

    // MARK: Steps

    private mutating func again() -> Action { facts.mode == .draft ? create() : submit() }

    private mutating func submit() -> Action {
        state = .sending(isDraft: false)
        return .sendMail
    }

    private mutating func search(afterDraft: Bool) -> Action {
        state = .searching(afterDraft: afterDraft)
        return .search
    }

    private mutating func create() -> Action {
        state = .creating
        return .createDraft
    }

    private mutating func keep(_ id: String) -> Action {
        state = .keeping(id: id)
        return .keep(id: id)
    }

    private mutating func send(_ id: String) -> Action {
        state = .sending(isDraft: true)
        return .sendDraft(id: id)
    }

    private mutating func end(_ ending: Ending) -> Action {
        state = .ended
        return .end(ending)
    }
}
