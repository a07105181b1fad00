/// FNV-1a in 64 bits (Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923): the same in every process and on
/// every machine, unlike `Hasher`. Its high bits hardly know the last octets.
package enum FNV1a {
    package static func hash(_ octets: some Sequence<UInt8>) -> UInt64 {
        octets.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
