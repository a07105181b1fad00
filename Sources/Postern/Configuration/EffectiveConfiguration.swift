import DeliveryPolicy
import EmailLog
import GraphProtocol
import MailModel

/// A configuration with every default filled in and every secret masked, as `postern config show` prints it.
package indirect enum EffectiveValue: Sendable {
    case text(String)
    case number(Double)
    case none
    case list([EffectiveValue])
    case keys([(String, EffectiveValue)])
}

extension Configuration {
    package var effective: EffectiveValue {
        .keys([
            ("hostname", .text(hostname)),
            ("store", .text(store)),
            ("smtp", .list(listeners.map(\.effective))),
            (
                "tls",
                tls.map { .keys([("certificate", .text($0.certificate)), ("private_key", .text($0.privateKey))]) }
                    ?? .none
            ),
            ("users", .list(users.map(\.effective))),
            ("routes", .list(routes.map(\.effective))),
            ("retry", retry.effective),
            ("bounce", .keys([("mode", .text(bounce.mode.rawValue)), ("from", .optional(bounce.from))])),
            (
                "retention",
                .keys([
                    ("bodies", .span(retention.bodies)), ("failed_bodies", .span(retention.failedBodies)),
                    ("log", .span(retention.log)),
                ])
            ),
            ("alerts", .list(alerts.map(\.effective))),
            ("log", .keys([("level", .text(log.level.rawValue)), ("format", .text(log.format.rawValue))])),
        ])
    }
}

extension EffectiveValue {
    fileprivate static func span(_ span: Duration) -> EffectiveValue { .text(Quantity.text(span)) }
    fileprivate static func whole(_ number: Int) -> EffectiveValue { .number(Double(number)) }
    fileprivate static func optional(_ text: (some CustomStringConvertible)?) -> EffectiveValue {
        text.map { .text($0.description) } ?? .none
    }
    fileprivate static func texts(_ all: some Sequence<some CustomStringConvertible>) -> EffectiveValue {
        .list(all.map { .text($0.description) })
    }
}

extension RetrySchedule {
    fileprivate var effective: EffectiveValue {
        .keys([
            ("first", .span(backoff.first)), ("factor", .number(backoff.factor)), ("max", .span(backoff.max)),
            ("jitter", .number(backoff.jitter)), ("give_up_after", .span(giveUpAfter)),
        ])
    }
}

extension Configuration.User {
    fileprivate var effective: EffectiveValue {
        .keys([
            ("name", .text(name)), ("password_hash", .text(passwordHash.description)), ("senders", .texts(senders)),
            ("priority", .optional(priority?.rawValue)),
        ])
    }
}

extension Listener {
    fileprivate var effective: EffectiveValue {
        .keys([
            ("listen", .text(address.description)),
            ("tls", .text(tls.rawValue)),
            ("auth", .text(authentication.rawValue)),
            ("allow", .texts(allow)),
            ("max_message_size", .text(Quantity.text(octets: maxMessageSize))),
            ("max_recipients", .whole(maxRecipients)),
            ("max_connections", .whole(maxConnections)),
            ("idle_timeout", .span(idleTimeout)),
            ("priority", .text(priority.rawValue)),
        ])
    }
}

extension Route {
    fileprivate var effective: EffectiveValue {
        .keys([
            ("name", .text(name)),
            ("senders", .texts(senders)),
            ("primary", .text(primary.rawValue)),
            ("mailbox", .optional(mailbox)),
            ("mailboxes", .keys(mailboxes.map { ($0.senders.description, .text($0.mailbox.description)) })),
            ("limits", effectiveLimits),
            ("graph", graph?.effective ?? .none),
            ("smtp", smtp?.effective ?? .none),
            ("fallback", fallback?.effective ?? .none),
            ("unrepresentable", .text(unrepresentable.rawValue)),
        ])
    }
}

extension Route {
    private var effectiveLimits: EffectiveValue {
        .keys([
            ("messages_per_mailbox", .text(Quantity.text(limits.messages))),
            ("recipients_per_mailbox", .text(Quantity.text(limits.recipients))),
            ("recipients_per_message", .whole(limits.recipientsPerMessage)),
            ("external_recipients", limits.externalRecipients.map { .text(Quantity.text($0)) } ?? .none),
            ("accepted_domains", .texts(acceptedDomains.domains)),
        ])
    }
}

extension Graph {
    fileprivate var effective: EffectiveValue {
        .keys(
            [
                ("cloud", .text(cloud.rawValue)),
                ("login_endpoint", .optional(loginEndpoint)),
                ("graph_endpoint", .optional(graphEndpoint)),
                ("ca_file", .optional(caFile)),
                ("proxy", .optional(proxy)),
                ("tenant", .text(tenant)),
                ("client_id", .text(clientID)),
            ] + effectiveCredentials + [
                ("secret_expires", .optional(secretExpires?.day)),
                ("exactly_once", .text(exactlyOnce.rawValue)),
                ("lookup_after", .span(lookupAfter)),
                ("on_unknown", .text(onUnknown.rawValue)),
                ("mime_limit", .text(Quantity.text(octets: mimeLimit))),
                ("large", .text(large.rawValue)),
                ("limits", limits.effective),
            ])
    }

    private var effectiveCredentials: [(String, EffectiveValue)] {
        let secrets = credentials.compactMap { if case .secret(let secret) = $0 { secret } else { nil } }
        let masked: [(String, EffectiveValue)] = secrets.isEmpty ? [] : [("client_secret", .texts(secrets))]
        return masked + credentials.compactMap(\.effectiveEntry)
    }
}

extension Graph.Credential {
    fileprivate var effectiveEntry: (String, EffectiveValue)? {
        switch self {
        case .secret: nil
        case .certificate(let file, let password):
            ("certificate", .keys([("file", .text(file)), ("password", .optional(password))]))
        case .federatedTokenFile(let file): ("federated_token_file", .text(file))
        case .managedIdentity(let clientID): ("managed_identity", .text(clientID ?? "system"))
        }
    }
}

extension SubmissionHost {
    fileprivate var effective: EffectiveValue {
        .keys([
            ("host", .text(host)),
            ("port", .whole(port)),
            ("tls", .text(tls.rawValue)),
            ("ca_file", .optional(caFile)),
            ("auth", .text(authentication.rawValue)),
            ("username", .optional(username)),
            ("password", .optional(password)),
            ("connections", .whole(connections)),
            ("connection_age", .span(connectionAge)),
            ("messages_per_connection", .whole(messagesPerConnection)),
        ])
    }
}

extension FallbackRule {
    fileprivate var effective: EffectiveValue {
        .keys([("on", .texts(on.map(\.rawValue).sorted())), ("after", .span(after))])
    }
}

extension Graph.Limits {
    fileprivate var effective: EffectiveValue {
        .keys([
            ("concurrency_per_mailbox", .whole(concurrencyPerMailbox)),
            ("requests_per_mailbox", .text(Quantity.text(requests))),
            ("upload_per_mailbox", .text(Quantity.text(upload, octets: true))),
            ("concurrency", .whole(concurrency)),
        ])
    }
}

extension Timestamp {
    /// Without the time where that is midnight.
    fileprivate var day: String {
        let text = description
        return text.hasSuffix(" 00:00:00.000") ? String(text.prefix(10)) : text
    }
}

extension Alert {
    fileprivate var effective: EffectiveValue {
        .keys([
            ("name", .text(name)),
            ("when", .text(condition.description)),
            ("webhook", webhook.map(\.effective) ?? .none),
            ("email", .optional(email)),
            ("command", command.isEmpty ? .none : .texts(command)),
        ])
    }
}

extension Alert.Webhook {
    fileprivate var effective: EffectiveValue {
        .keys([("url", .text(url.description)), ("format", .text(format.rawValue))])
    }
}
