import Glibc

/// How many descriptors this process may have (getrlimit(2), RLIMIT_NOFILE), and how many of them clients may take: the store
/// and delivery must never lack one because of a flood of connections.
enum OpenFileLimit {
    /// The store, the event loops, and requests to Microsoft.
    private static let ownNeeds = 100

    /// Takes what the system grants: the soft limit, often 1024, is there for programs that use select(2).
    static func raise() {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return }
        limits.rlim_cur = limits.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    static var current: Int {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return 1024 }
        return Int(clamping: limits.rlim_cur)
    }

    /// The most connections that each of so many listeners may have open; half of what there is is for those that are being
    /// turned away.
    static func connections(of limit: Int, listeners: Int) -> Int {
        max(4, (limit - ownNeeds) / 2 / max(1, listeners))
    }
}
