/// The routes of a scheduler, by name. There are few, and each is large and changes with every event: they are looked at
/// and changed where they stand, which a dictionary's values cannot be.
struct RouteTable: Sendable {
    /// Ascending.
    private(set) var names: [String] = []
    /// None is `nil`.
    private var entries: [RouteLanes?] = []

    subscript(name: String) -> RouteLanes? {
        _read {
            if let index = names.firstIndex(of: name) { yield entries[index] } else { yield nil }
        }
        _modify {
            let index = names.firstIndex(of: name) ?? makeRoom(for: name)
            yield &entries[index]
            if entries[index] == nil {
                names.remove(at: index)
                entries.remove(at: index)
            }
        }
    }

    private mutating func makeRoom(for name: String) -> Int {
        let index = names.firstIndex { name < $0 } ?? names.endIndex
        names.insert(name, at: index)
        entries.insert(nil, at: index)
        return index
    }
}
