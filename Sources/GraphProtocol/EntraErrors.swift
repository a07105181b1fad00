// What Entra's error numbers mean for an application that only wants a token, and what to do next ("Microsoft Entra
// authentication and authorization error codes"; "Workload identity federation"; "Certificate credentials"). Microsoft
// warns that the numbers may change: retries rest on the HTTP status and `error`, the numbers refine them.

struct EntraErrors: Sendable {
    let codes: [Int]
    let kind: TokenFailure.Kind
    let explanation: String

    init(_ codes: [Int], _ kind: TokenFailure.Kind, _ explanation: String) {
        self.codes = codes
        self.kind = kind
        self.explanation = explanation
    }

    /// The rule for one failed request: trouble on the service's side is passing whatever the number says; else the
    /// first known number decides; any other 4xx is an operator's matter.
    static func judge(
        status: Int, error: String?, codes: [Int], issuer: TokenAnswer.Issuer
    ) -> (kind: TokenFailure.Kind, explanation: String) {
        let known = codes.lazy.compactMap { code in table.first { $0.codes.contains(code) } }.first
        if isPassing(status, error, issuer) {
            let kind = known?.kind == .backOffMinutes ? TokenFailure.Kind.backOffMinutes : .transient
            return (kind, known?.explanation ?? passing)
        }
        if let known { return (known.kind, known.explanation) }
        if issuer == .managedIdentity { return (.operator, noIdentity) }
        return (.operator, error.flatMap { byError[$0] } ?? unheardOf)
    }

    private static func isPassing(_ status: Int, _ error: String?, _ issuer: TokenAnswer.Issuer) -> Bool {
        if error == "temporarily_unavailable" || [408, 429].contains(status) || status >= 500 { return true }
        // The metadata service is being updated.
        return issuer == .managedIdentity && [404, 410].contains(status)
    }

    private static let passing = "The token service is in trouble for the moment; it is tried again by itself."
    private static let noIdentity =
        "This machine has no such managed identity. Assign one to it, or correct the client id in `managed_identity`."
    private static let unheardOf =
        "Entra refuses the application's request. Its words and the sign-in log of the enterprise application say why."

    /// For answers without a known number: the `error` values of RFC 6749 §5.2 that this grant can meet.
    private static let byError: [String: String] = [
        "invalid_client": "Entra does not accept the application's credential. Check `client_id` and the credential.",
        "unauthorized_client": "The application may not use this grant. Check `client_id` and `tenant`.",
        "invalid_grant": "Entra does not accept the assertion. Check the certificate or the federated credential.",
        "invalid_resource": "The service asked for is unknown in this tenant. Check `cloud`.",
        "invalid_scope": "The scope is not valid in this cloud. Check `cloud`.",
    ]

    static let table: [EntraErrors] = [
        // Secrets.
        .init(
            [7_000_215, 70002], .operator,
            "The client secret is wrong. Copy the secret's value, not its ID, from the app registration's page "
                + "\"Certificates & secrets\" into `client_secret`."),
        .init(
            [7_000_222], .operator,
            "The client secret has expired. Create a new one on the app registration's page \"Certificates & secrets\", "
                + "put it into `client_secret`, and note its end in `secret_expires`."),
        .init(
            [7_000_218, 900_144], .operator,
            "The token request arrived incomplete. Check that the configured credential is not empty, and whether a "
                + "proxy changes requests."),
        .init(
            [700_025], .operator,
            "The app registration is marked as a public client. Turn off \"Allow public client flows\" under "
                + "Authentication."),
        // The application and its tenant.
        .init(
            [700_016, 700_011], .operator,
            "The tenant does not know the application. Check `client_id` and `tenant`, and that an administrator of "
                + "that tenant has consented to the application."),
        .init(
            [70001, 7_000_112, 1_000_031], .operator,
            "The application is disabled or not accessible in this tenant. Enable sign-in in its enterprise "
                + "application's properties."),
        .init(
            [90002, 900_023], .operator,
            "There is no such tenant. Write the directory id or a verified domain into `tenant`, and check `cloud`."),
        .init(
            [90038, 900_382, 900_432, 90051], .operator,
            "The tenant belongs to another national cloud. Set `cloud` to the one the tenant lives in."),
        .init(
            [9_001_023, 50194], .operator,
            "An application needs a specific tenant. Write the directory id or a verified domain into `tenant`, not "
                + "`common`, `organizations` or `consumers`."),
        // Certificates and other assertions.
        .init(
            [700_027, 900_384], .operator,
            "The assertion's signature does not match any key of the application. Upload the certificate to the app "
                + "registration, or configure the one that was uploaded."),
        .init(
            [700_024], .newAssertionOnce,
            "The assertion is outside its valid time. Check this machine's clock; for a federated token, whether its "
                + "file is being renewed."),
        .init(
            [700_030, 50012], .operator,
            "The certificate is not authorised for this application. Check its thumbprint on the app registration's "
                + "page \"Certificates & secrets\"."),
        .init(
            [50013, 500_133, 50027, 50048], .newAssertionOnce,
            "The assertion is expired, malformed or made for someone else. Check this machine's clock, `client_id`, "
                + "and the issuer of the token file."),
        .init(
            [70021, 700_213, 700_211, 700_212, 700_229], .operator,
            "No federated credential of the application matches the token. Its issuer, subject and audience are "
                + "compared letter by letter; Entra's words show what it got."),
        .init(
            [90061], .transient,
            "Entra could not reach the external issuer of the token. It is tried again by itself; if it stays, check "
                + "that the issuer's discovery document is public."),
        // Consent and resources.
        .init(
            [65001, 650_052, 650_054, 650_056, 650_057, 65005, 90094], .operator,
            "Permissions of the application are missing or lack an administrator's consent. Grant admin consent on the "
                + "app registration's page \"API permissions\"."),
        .init(
            [500_011, 50001], .operator,
            "The service asked for is not in this tenant, or is disabled there. Check `cloud`, and that the tenant has "
                + "Exchange Online."),
        .init(
            [70011, 28002, 700_023, 1_002_012], .operator,
            "The scope is not valid in this cloud. Check `cloud` and `login_endpoint`."),
        .init([700_022], .operator, "The request names more than one service. Report this as a defect of Postern."),
        .init([901_002], .operator, "The request has a field for older endpoints. Check `login_endpoint`."),
        // Policies.
        .init(
            [50034, 50053, 50126, 50072, 50074, 50076, 50078, 50079], .operator,
            "Entra speaks of a user's sign-in, which Postern does not use. Check that `client_id` is an application "
                + "and that `login_endpoint` is Entra's."),
        .init(
            [501_051, 50105], .operator,
            "The enterprise application requires assignment. Assign this application, or turn off \"Assignment "
                + "required\" in its properties."),
        .init(
            [53003, 530_032, 530_035], .operator,
            "A Conditional Access policy or the security defaults block the application. Allow this machine's address, "
                + "or exclude the application, in the policy that the sign-in log names."),
        // Passing troubles.
        .init(
            [50196], .backOffMinutes,
            "Entra saw the same request too often and refuses it for some minutes. If it stays, look for other programs "
                + "that use this application and fetch tokens in a loop."),
        .init([90055], .backOffMinutes, "Entra throttles the tenant. It is tried again after some minutes."),
        .init([50033, 90006, 90012, 90024, 90033, 90090, 90091, 50087], .transient, passing),
        .init(
            [50000, 90036, 90092], .transient,
            "Entra failed inside. It is tried again by itself; if it stays for an hour, give Microsoft's support the "
                + "correlation id."),
    ]
}
