import COpenSSL

/// The name a client expects in the server's certificate (RFC 6125): a DNS name, also sent as SNI, or an IP address,
/// which is not (RFC 6066 §3).
enum PeerName: Hashable {
    case dns(String)
    case address(String)

    /// `nil` for text that can be neither: empty, or with a NUL inside.
    init?(_ host: String) {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        let bare = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        guard !bare.isEmpty, !bare.utf8.contains(0) else { return nil }
        self = Self.isAddress(bare) ? .address(bare) : .dns(bare)
    }

    private static func isAddress(_ text: String) -> Bool {
        guard let octets = a2i_IPADDRESS(text) else {
            ErrorQueue.clear()
            return false
        }
        ASN1_OCTET_STRING_free(octets)
        return true
    }

    func announce(on ssl: OpaquePointer) -> Bool {
        switch self {
        case .dns(let name): copenssl_set_server_name(ssl, name) == 1
        case .address: true
        }
    }

    /// The subject's common name is never taken for a host name: without this flag OpenSSL accepts it where a certificate
    /// has no alternative names.
    func require(on ssl: OpaquePointer) -> Bool {
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        return switch self {
        case .dns(let name): SSL_set1_host(ssl, name) == 1
        case .address(let text): X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), text) == 1
        }
    }
}
