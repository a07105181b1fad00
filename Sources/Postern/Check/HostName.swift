import Foundation
import MailModel
import NIOCore
import NIOPosix

/// Names to addresses, as every other program here finds them (`getaddrinfo(3)`).
enum HostName {
    struct Unknown: Error, Hashable {
        let text: String
    }

    /// The resolver cannot be interrupted: after `limit` nobody waits for it any more.
    static func resolve(_ host: String, within limit: Duration) async throws(Unknown) -> [String] {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = eventLoop.makePromise(of: [String].self)
        let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) {
            promise.fail(Unknown(text: "\(host): the resolver does not answer within \(Quantity.text(limit))"))
        }
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { try lookUp(host) }.cascade(to: promise)
        defer { timer.cancel() }
        do {
            return try await promise.futureResult.get()
        } catch {
            throw error as? Unknown ?? Unknown(text: "\(error)")
        }
    }

    private static func lookUp(_ host: String) throws(Unknown) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else { throw Unknown(text: "\(host): \(String(cString: gai_strerror(status)))") }
        defer { freeaddrinfo(list) }
        return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap { $0?.pointee.text }
    }
}

extension addrinfo {
    fileprivate var text: String? {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = getnameinfo(ai_addr, ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        return status == 0 ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
