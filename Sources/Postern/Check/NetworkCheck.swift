import Foundation
import GraphProtocol
import MailModel
import NIOPosix

/// Names, connections, certificates, and the clock, which the answers carry.
extension Checkup {
    func networkItems(_ route: Route) async -> [CheckItem] {
        var items: [CheckItem] = []
        for host in hosts(of: route) { items.append(await nameItem(host)) }
        guard let graph = route.graph else { return items }
        let endpoints = Application(graph).endpoints
        var urls = [endpoints.graph]
        if !graph.usesOnlyManagedIdentity, endpoints.login != endpoints.graph { urls.insert(endpoints.login, at: 0) }
        for url in urls { items += await endpointItems(url, graph) }
        return items
    }

    private func hosts(of route: Route) -> [String] {
        var hosts: [String] = []
        if let graph = route.graph {
            let endpoints = Application(graph).endpoints
            let urls = graph.proxy.map { [$0.reveal()] } ?? [endpoints.login, endpoints.graph]
            hosts += urls.compactMap { URL(string: $0)?.host() }
        }
        if let smtp = route.smtp { hosts.append(smtp.host) }
        return hosts.reduce(into: []) { unique, host in if !unique.contains(host) { unique.append(host) } }
    }

    private func nameItem(_ host: String) async -> CheckItem {
        do {
            let addresses = try await HostName.resolve(host)
            return CheckItem("dns", host, .ok, addresses.prefix(3).joined(separator: ", "))
        } catch {
            return CheckItem(
                "dns", host, .failed(.unavailable), error.text,
                advice: "Check the name, and the resolvers in /etc/resolv.conf.")
        }
    }

    /// Any answer will do: it proves the way there, and carries the far side's time.
    private func endpointItems(_ url: String, _ graph: Graph) async -> [CheckItem] {
        let isTLS = url.hasPrefix("https:")
        let name = isTLS ? "tls" : "connect"
        do {
            let response = try await Wire(graph, outbound.http).send(WireRequest(method: .get, url: url + "/"))
            let text = isTLS ? "the certificate is accepted" : "answers, without TLS"
            return [CheckItem(name, url, .ok, text)] + (clockItem(response, url).map { [$0] } ?? [])
        } catch {
            return [CheckItem(name, url, .failed(.unavailable), error.text, advice: error.advice)]
        }
    }

    private func clockItem(_ response: WireResponse, _ url: String) -> CheckItem? {
        guard let far = response.header("Date").flatMap({ HTTPDate.parse(Array($0.utf8), now: clocks.now()) }) else {
            return nil
        }
        let difference = clocks.now() - far
        let seconds = abs(difference.components.seconds)
        let text = seconds < 2 ? "agrees" : "\(seconds) s \(difference < .zero ? "behind" : "ahead of") the server's"
        let advice = "Set this machine's clock, with NTP: Entra refuses assertions and tokens from another time."
        switch seconds {
        case ..<60: return CheckItem("clock", url, .ok, text)
        case ..<300: return CheckItem("clock", url, .warning, text, advice: advice)
        default: return CheckItem("clock", url, .failed(.other), text, advice: advice)
        }
    }
}

extension Graph {
    fileprivate var usesOnlyManagedIdentity: Bool {
        credentials.allSatisfy { if case .managedIdentity = $0 { true } else { false } }
    }
}

extension WireFailure {
    fileprivate var advice: String {
        switch stage {
        case .resolve: "Check the name, and the resolvers in /etc/resolv.conf."
        case .tls: "Trust the issuer with `ca_file`, where a proxy or an appliance shows a certificate of its own."
        case .connect, .transfer, .timeout, .source, .cancelled: "Check the firewall, the route, and `proxy`."
        }
    }
}

/// Names to addresses, as every other program here finds them.
enum HostName {
    struct Unknown: Error {
        let text: String
    }

    static func resolve(_ host: String) async throws(Unknown) -> [String] {
        do {
            return try await NIOThreadPool.singleton.runIfActive { try lookUp(host) }
        } catch let error as Unknown {
            throw error
        } catch {
            throw Unknown(text: "\(error)")
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
