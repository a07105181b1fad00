import COpenSSL

/// SHA-256 and SHA-1 (FIPS 180-4). SHA-1 only where a protocol names certificates by it (`x5t`).
package enum Digest {
    package static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] { digest(Array(bytes), EVP_sha256()) }
    package static func sha1(_ bytes: some Collection<UInt8>) -> [UInt8] { digest(Array(bytes), EVP_sha1()) }

    private static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer?) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { output, count in
            var length: UInt32 = 0
            let isDone = EVP_Digest(bytes, bytes.count, output.baseAddress, &length, algorithm, nil)
            precondition(isDone == 1, "OpenSSL lacks a digest that every installation has")
            count = Int(length)
        }
    }
}

/// HMAC with SHA-256 (RFC 2104).
package func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { output, count in
        var length: UInt32 = 0
        let code = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, output.baseAddress, &length)
        precondition(code != nil, "OpenSSL lacks HMAC with SHA-256")
        count = Int(length)
    }
}

/// From OpenSSL's generator, fit for keys and nonces.
package func secureRandomBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: max(1, count)) { buffer, initialized in
        precondition(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "the system has no randomness to give")
        initialized = count
    }
}

/// Compares secrets in a time that says nothing about where they differ; lengths are not secret.
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
