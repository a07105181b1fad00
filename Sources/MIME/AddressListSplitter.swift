// Cuts an address list at its commas and takes the frame of groups away (RFC 5322 §3.4, §4.4).

/// `Team: a@contoso.com, b@contoso.com;, c@contoso.com` has three elements. A semicolon outside a group is taken for a
/// comma: some clients write it so.
struct AddressListSplitter {
    /// Where a token stands with respect to `<…>`.
    private enum Place {
        case outside
        /// Right behind `<`: an `@` here starts a route.
        case opened
        /// In `<@a,@b:c@d>`, before the colon: commas end nothing.
        case route
        case inside
    }

    private let tokens: [HeaderToken]
    private var current: [HeaderToken] = []
    private var isInGroup = false
    private var place = Place.outside
    private(set) var elements: [[HeaderToken]] = []
    private(set) var isWellFormed = true

    init(_ tokens: [HeaderToken]) { self.tokens = tokens }

    mutating func run() {
        for token in tokens { take(token) }
        if isInGroup { isWellFormed = false }
        endElement()
    }

    private mutating func take(_ token: HeaderToken) {
        switch token.kind {
        case .special(UInt8(ascii: ",")) where place != .route: endElement()
        case .special(UInt8(ascii: ";")): endGroup()
        case .special(UInt8(ascii: ":")) where place == .outside: startGroup()
        case .special(let character): append(token, special: character)
        case .comment: current.append(token)
        case .atom, .quotedString, .domainLiteral, .broken:
            if place == .opened { place = .inside }
            current.append(token)
        }
    }

    private mutating func append(_ token: HeaderToken, special character: UInt8) {
        switch (character, place) {
        case (UInt8(ascii: "<"), _): place = .opened
        case (UInt8(ascii: ">"), _): place = .outside
        case (UInt8(ascii: "@"), .opened): place = .route
        case (UInt8(ascii: ":"), _): place = .inside
        case (_, .outside), (_, .opened), (_, .route), (_, .inside): break
        }
        current.append(token)
    }

    private mutating func endElement() {
        if place != .outside { isWellFormed = false }
        place = .outside
        elements.append(current)
        current = []
    }

    private mutating func endGroup() {
        if !isInGroup { isWellFormed = false }
        isInGroup = false
        endElement()
    }

    /// A group's name is left out, unless an address may hide in it.
    private mutating func startGroup() {
        let isName = !current.isEmpty && current.allSatisfy { $0.isWord || $0.kind == .comment }
        if isInGroup || !isName { isWellFormed = false }
        if !isName { elements.append(current) }
        isInGroup = true
        current = []
    }
}
