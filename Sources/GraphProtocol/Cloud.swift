// Microsoft's national clouds: hosts and scopes ("National cloud deployments" of the Graph documentation, "National
// clouds" of the Entra documentation; the Exchange SMTP hosts of the sovereign clouds are third parties' reports).

/// What a token is for.
package enum Audience: String, Hashable, Sendable, CaseIterable {
    case graph
    case exchangeSMTP

    /// The app role that lets an application send without limits to certain mailboxes.
    package var sendingRole: String {
        switch self {
        case .graph: "Mail.Send"
        case .exchangeSMTP: "SMTP.SendAsApp"
        }
    }
}

/// A cloud by its name in the configuration. App registrations and tokens of one are unknown in the others.
package enum Cloud: String, Hashable, Sendable, CaseIterable {
    /// The worldwide cloud, GCC included.
    case global
    /// US Government L4 (GCC High).
    case usgov
    /// US Government L5 (DoD).
    case usgovDoD = "usgov-dod"
    /// Operated by 21Vianet.
    case china

    package var loginEndpoint: String {
        switch self {
        case .global: "https://login.microsoftonline.com"
        case .usgov, .usgovDoD: "https://login.microsoftonline.us"
        case .china: "https://login.partner.microsoftonline.cn"
        }
    }

    package var graphEndpoint: String {
        switch self {
        case .global: "https://graph.microsoft.com"
        case .usgov: "https://graph.microsoft.us"
        case .usgovDoD: "https://dod-graph.microsoft.us"
        case .china: "https://microsoftgraph.chinacloudapi.cn"
        }
    }

    /// What a managed identity asks for as `resource`.
    package func resource(for audience: Audience) -> String {
        switch (audience, self) {
        case (.graph, _): graphEndpoint
        case (.exchangeSMTP, .global): "https://outlook.office365.com"
        case (.exchangeSMTP, .usgov), (.exchangeSMTP, .usgovDoD): "https://outlook.office365.us"
        case (.exchangeSMTP, .china): "https://partner.outlook.cn"
        }
    }

    /// What an application asks for as `scope`.
    package func scope(for audience: Audience) -> String { resource(for: audience) + "/.default" }

    /// Exchange's host for SMTP submission, port 587.
    package var smtpHost: String {
        switch self {
        case .global: "smtp.office365.com"
        case .usgov: "smtp.office365.us"
        case .usgovDoD: "outlook-dod.office365.us"
        case .china: "smtp.partner.outlook.cn"
        }
    }
}

/// Where requests go: the cloud's own hosts, or others in their place. Scopes stay the cloud's.
package struct Endpoints: Hashable, Sendable {
    /// The metadata service of Azure machines, which gives managed identities their tokens.
    package static let identityEndpoint = "http://169.254.169.254"

    package let cloud: Cloud
    package let login: String
    package let graph: String
    package let identity: String

    /// `nil` stands for the usual host; trailing slashes do not matter.
    package init(cloud: Cloud, login: String? = nil, graph: String? = nil, identity: String? = nil) {
        self.cloud = cloud
        self.login = Self.trim(login ?? cloud.loginEndpoint)
        self.graph = Self.trim(graph ?? cloud.graphEndpoint)
        self.identity = Self.trim(identity ?? Self.identityEndpoint)
    }

    /// The token endpoint of a tenant: its directory id, or one of its verified domain names.
    package func tokenURL(tenant: String) -> String {
        "\(login)/\(PercentEncoding.component(tenant))/oauth2/v2.0/token"
    }

    /// A mailbox below the Graph root, such as `https://graph.microsoft.com/v1.0/users/a@b.c`.
    package func userURL(mailbox: String) -> String { "\(graph)/v1.0/users/\(PercentEncoding.component(mailbox))" }

    private static func trim(_ url: String) -> String {
        String(decoding: url.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed(), as: UTF8.self)
    }
}
