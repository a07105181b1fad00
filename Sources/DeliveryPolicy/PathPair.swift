import MailModel

/// Two of a kind, one for each path.
struct PathPair<Value> {
    private var graph: Value
    private var smtp: Value

    init(_ make: (Path) -> Value) {
        graph = make(.graph)
        smtp = make(.smtp)
    }

    subscript(path: Path) -> Value {
        // A copy would cost more than most of what is asked of a value.
        _read {
            switch path {
            case .graph: yield graph
            case .smtp: yield smtp
            }
        }
        _modify {
            switch path {
            case .graph: yield &graph
            case .smtp: yield &smtp
            }
        }
    }
}

extension PathPair: Sendable where Value: Sendable {}
extension PathPair: Equatable where Value: Equatable {}
extension PathPair: Hashable where Value: Hashable {}
