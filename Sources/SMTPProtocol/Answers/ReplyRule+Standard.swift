// What refusals mean with any server: 4yz temporary, 5yz permanent (RFC 5321 §4.2.1), told apart by what was asked. Before a
// message is offered nothing is said about it, so that no refusal there is final (RFC 4954 §6 for AUTH, RFC 3207 §4 for
// STARTTLS).

import MailModel

extension ReplyRule {
    static let standard: [ReplyRule] = anywhere + authentication + setup + transaction

    private static let anywhere: [ReplyRule] = [
        // A recipient's mailbox that gets too much, however it is worded.
        .init([.init(4, 2, 0...999)], at: [.recipients], .deferred, .message, .unavailable),
        .init(
            codes: 400...499,
            words: [
                "rate limit", "throttl", "too many connections", "too many concurrent", "too many messages",
                "too much mail",
            ], .deferred, .mailbox, .throttled),
        .init(codes: 421...421, .deferred, .route, .unavailable),
        .init(
            codes: 530...530, words: ["starttls"], .deferred, .route, .misconfigured,
            advice: "The server wants TLS. Set `tls: starttls` in the route's `smtp`."),
        .init(
            codes: 530...530, .deferred, .route, .misconfigured,
            advice: "The server wants AUTH. Set `auth`, with `username` and `password`, in the route's `smtp`."),
    ]

    private static let authentication: [ReplyRule] = [
        .init(
            [.init(4, 7, 12)], at: [.authentication], .deferred, .route, .unauthorized,
            advice: "The server wants the password set anew for this mechanism. Sign in once by other means."),
        .init(codes: 400...499, at: [.authentication], .deferred, .route, .unavailable),
        .init(
            codes: 535...535, at: [.authentication], .unauthenticated, .route, .unauthorized,
            advice: "The server knows neither user nor secret. Correct `username` and `password` in the route's `smtp`."
        ),
        .init(
            [.init(5, 7, 4), .init(5, 5, 4), .init(5, 7, 9), .init(5, 7, 11)], codes: 504...538, at: [.authentication],
            .deferred, .route, .misconfigured,
            advice:
                "The server does not take this way of signing in here. Check `auth` and `tls` in the route's `smtp`."),
        .init(
            codes: 500...599, at: [.authentication], .deferred, .route, .unauthorized,
            advice: "The server refuses the sign-in. Check `auth`, `username` and `password` in the route's `smtp`."),
    ]

    private static let setup: [ReplyRule] = [
        .init(
            codes: 500...599, at: [.greeting, .hello, .startTLS], .deferred, .route, .misconfigured,
            advice:
                "The server refuses this host before any mail is offered. Check `host`, `port`, `tls` and `hostname`, "
                + "and whether the server admits this host's address."),
        .init(
            at: [.greeting, .hello, .startTLS, .handshake, .ready, .quit, .over], .deferred, .route, .unavailable),
    ]

    private static let transaction: [ReplyRule] = [
        // A relay that does not know us. Mail to its own users goes on, so only this message waits.
        .init(
            codes: 500...599,
            words: ["relay access denied", "relaying denied", "unable to relay", "relay not permitted", "not relay"],
            .deferred, .message, .misconfigured,
            advice: "The server does not relay for this host. Set `auth` in the route's `smtp`, or allow this host's "
                + "address on the server."),
        .init([.init(4, 3, 1)], .deferred, .route, .unavailable),
        // RFC 5321 §4.5.3.1.10: to be read as 452.
        .init(
            codes: 552...552, words: ["too many recipients"], at: [.recipients], .deferred, .message, .unavailable,
            advice: "Lower `recipients_per_message`: the server takes fewer recipients of a message."),
        .init([.init(5, 3, 4)], at: [.mail, .data, .endOfData], .rejected, .message, .tooLarge),
        .init(
            codes: 552...552, words: ["message size", "too large", "too big"], at: [.mail, .data, .endOfData],
            .rejected,
            .message, .tooLarge),
        // RFC 6531 §3.5.
        .init([.init(5, 6, 7)], at: [.mail, .data, .endOfData], .rejected, .message, .unrepresentable),
        // A command out of order is our mistake or the server's, not the message's.
        .init(codes: 503...503, .deferred, .message, .malfunction),
        .init(codes: 400...499, .deferred, .message, .unavailable),
        .init(codes: 500...599, .rejected, .message, .rejected),
    ]
}
