import Foundation
import MailModel

/// Whether a listener has its address, or could have it.
struct ListenerCheck {
    let address: ListenAddress
    /// A service has the store.
    let isServed: Bool

    func item() -> CheckItem { item(bindError: Self.bind(address)) }

    /// - Parameter error: the `errno` of binding the address; 0 where that worked.
    func item(bindError error: Int32) -> CheckItem {
        switch (error, isServed) {
        case (0, false): item(.ok, "free for the service")
        case (0, true):
            item(
                .warning, "nobody listens, though a service runs",
                advice: "Restart the service: a reload does not change its addresses.")
        case (EADDRINUSE, true): item(.ok, "in use, as it must be while the service runs")
        case (EADDRINUSE, false):
            item(
                .failed(.unavailable), "in use by another program, so the service cannot start",
                advice: "End that program (`ss -ltnp 'sport = :\(address.port)'` names it), or choose another `listen`."
            )
        case (EACCES, _):
            item(
                .warning, "this user may not listen on port \(address.port)",
                advice: "Give the service the capability CAP_NET_BIND_SERVICE, or choose a port from 1024 on.")
        default:
            item(
                .failed(.configuration), String(cString: strerror(error)),
                advice: "Choose an address of this machine (`ip address`) for `listen`.")
        }
    }

    private func item(_ verdict: CheckItem.Verdict, _ text: String, advice: String? = nil) -> CheckItem {
        CheckItem("listener", address.description, verdict, text, advice: advice)
    }

    /// Binds it for a moment, without listening.
    private static func bind(_ address: ListenAddress) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, "\(address.port)", &hints, &list) == 0, let place = list?.pointee else {
            return EINVAL
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(place.ai_family, place.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        return Glibc.bind(descriptor, place.ai_addr, place.ai_addrlen) == 0 ? 0 : errno
    }
}
