import Foundation
import GraphProtocol
import HTTPTransport
import MailModel

/// Names, connections, certificates, and the clock, which the answers carry.
struct NetworkCheck: Sendable {
    /// A far side, and the way there.
    enum Place: Hashable, Sendable {
        case web(url: String, caFile: String?, proxy: Secret?)
        /// The rest of an SMTP path is tried with the credentials of a mailbox.
        case host(String)
    }

    let patience: Duration
    let transport: HTTPTransport
    let clocks: Clocks
    private var resolved: [String: Bool] = [:]
    private var knowsTime = false
    /// URLs and host names.
    private(set) var unreached: Set<String> = []

    init(patience: Duration, transport: HTTPTransport, clocks: Clocks) {
        self.patience = patience
        self.transport = transport
        self.clocks = clocks
    }

    mutating func items(_ place: Place) async -> [CheckItem] {
        var items: [CheckItem] = []
        if let name = place.nameToResolve {
            if resolved[name] == nil {
                let item = await nameItem(name)
                resolved[name] = item.verdict == .ok
                items.append(item)
            }
            guard resolved[name] == true else {
                unreached.insert(place.key)
                return items
            }
        }
        if case .web(let url, let caFile, let proxy) = place {
            items += await webItems(url, Wire(transport: transport, caFile: caFile, proxy: proxy?.reveal()))
        }
        return items
    }

    private func nameItem(_ host: String) async -> CheckItem {
        do {
            let addresses = try await HostName.resolve(host, within: patience)
            return CheckItem("dns", host, .ok, addresses.prefix(3).joined(separator: ", "))
        } catch {
            return CheckItem(
                "dns", host, .failed(.unavailable), error.text,
                advice: "Correct the name, or the resolvers in /etc/resolv.conf.")
        }
    }

    /// Any answer will do: it proves the way there, and carries the far side's time.
    private mutating func webItems(_ url: String, _ wire: Wire) async -> [CheckItem] {
        let isTLS = url.hasPrefix("https:")
        let name = isTLS ? "tls" : "connect"
        let answer = await within(patience) { await wire.get("\(url)/") }
        switch answer ?? .failure(.slow(patience)) {
        case .failure(let failure):
            unreached.insert(url)
            return [CheckItem(name, url, .failed(.unavailable), failure.text, advice: failure.advice)]
        case .success(let response):
            let clock = knowsTime ? nil : ClockCheck.item(response, from: url, now: clocks.now())
            if clock != nil { knowsTime = true }
            let text = isTLS ? "reached; its certificate is accepted" : "reached, without TLS"
            return [CheckItem(name, url, .ok, text)] + [clock].compactMap(\.self)
        }
    }
}

extension NetworkCheck.Place {
    fileprivate var key: String {
        switch self {
        case .web(let url, _, _): url
        case .host(let name): name
        }
    }

    /// Behind a proxy it is the proxy that resolves the others.
    fileprivate var nameToResolve: String? {
        let name: String? =
            switch self {
            case .web(let url, _, let proxy): URL(string: proxy?.reveal() ?? url)?.host()
            case .host(let name): name
            }
        return name.flatMap { IPAddress($0.trimmingCharacters(in: ["[", "]"])) == nil ? $0 : nil }
    }
}

extension Configuration {
    /// Everything that mail and tokens go to, each once.
    var places: [NetworkCheck.Place] {
        routes.flatMap(\.places).reduce(into: []) { unique, place in
            if !unique.contains(place) { unique.append(place) }
        }
    }
}

extension Route {
    fileprivate var places: [NetworkCheck.Place] {
        (graph?.urls ?? []).map { .web(url: $0, caFile: graph?.caFile, proxy: graph?.proxy) }
            + [smtp.map { .host($0.host) }].compactMap(\.self)
    }
}

extension Graph {
    /// Of Entra, where tokens come from there, and of Graph.
    var urls: [String] {
        let endpoints = Application(self).endpoints
        let usesEntra = credentials.contains { if case .managedIdentity = $0 { false } else { true } }
        return usesEntra && endpoints.login != endpoints.graph
            ? [endpoints.login, endpoints.graph] : [endpoints.graph]
    }
}

extension Wire {
    fileprivate func get(_ url: String) async -> Result<WireResponse, WireFailure> {
        do throws(WireFailure) {
            return .success(try await send(WireRequest(method: .get, url: url)))
        } catch {
            return .failure(error)
        }
    }
}

extension WireFailure {
    static func slow(_ patience: Duration) -> WireFailure {
        WireFailure(stage: .timeout, bodyProgress: .none, text: "no answer within \(Quantity.text(patience))")
    }

    fileprivate var advice: String {
        switch stage {
        case .resolve: "Correct the name, or the resolvers in /etc/resolv.conf."
        case .tls: "Trust the issuer with `ca_file`, where a proxy or an appliance shows a certificate of its own."
        case .connect, .transfer, .timeout, .source, .cancelled:
            "Let this machine out to that address in the firewall, or name the `proxy` that does."
        }
    }
}
