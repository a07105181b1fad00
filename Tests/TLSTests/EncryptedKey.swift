/// A P-256 key encrypted with the pass phrase `geheim`.
enum EncryptedKey {
    static let passPhrase = Array("geheim".utf8)
    static let pem = Array(
        """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjZiNFvlxvQdgICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEECFtwPuse19phxwNYZ5V6WEEgZDg
        cUxyhmDwWCpA50Gr1v18M5rC1z9SmpiK3RmOVlBkMd9+Dak+okTr74OZc65shSs4
        GPRFsIO+jj54LrgodB8d1oqu+f9wjFpQQK0yitdrPCqQ70oME+BO2ljeaPLCs5fX
        GV9sg1GCu5WaXcxB32Wp4Rq2vPpjmCgiL7AR/1P8TwmPSLf4fm4p+LhWx7XVoVo=
        -----END ENCRYPTED PRIVATE KEY-----

        """.utf8)
}
