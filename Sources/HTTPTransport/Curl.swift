// libcurl's handles with their variadic options typed.

import CCurl

enum Curl {
    /// Once per process, before the first handle. It initialises OpenSSL too, unless the program has done so before.
    private static let globalInit: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    static func newMulti(maxConnectionsPerHost: Int) -> UnsafeMutableRawPointer {
        guard globalInit == CURLE_OK, let multi = curl_multi_init() else {
            preconditionFailure("libcurl cannot be initialised")
        }
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, maxConnectionsPerHost)
        ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        return multi
    }
}

/// A transfer's handle. Confined to the transfer thread.
struct EasyHandle {
    struct Rejected: Error {
        let code: CURLcode
    }

    let pointer: UnsafeMutableRawPointer

    func set(_ option: CURLoption, _ value: Int) throws(Rejected) {
        try check(ccurl_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, offset: Int64) throws(Rejected) {
        try check(ccurl_set_offset(pointer, option, curl_off_t(offset)))
    }

    func set(_ option: CURLoption, _ value: String) throws(Rejected) {
        try check(ccurl_set_string(pointer, option, value))
    }

    func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer) throws(Rejected) {
        try check(ccurl_set_pointer(pointer, option, value))
    }

    func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) throws(Rejected) {
        try check(ccurl_set_list(pointer, option, list))
    }

    /// Not copied by libcurl.
    func set(_ option: CURLoption, blob: UnsafeMutableRawBufferPointer) throws(Rejected) {
        try check(ccurl_set_blob(pointer, option, blob.baseAddress, blob.count))
    }

    func set(_ option: CURLoption, callback: @escaping ccurl_data_callback) throws(Rejected) {
        try check(ccurl_set_data_callback(pointer, option, callback))
    }

    func set(seek callback: @escaping ccurl_seek_callback) throws(Rejected) {
        try check(ccurl_set_seek_callback(pointer, callback))
    }

    func set(beforeRequest callback: @escaping ccurl_prerequest_callback) throws(Rejected) {
        try check(ccurl_set_prerequest_callback(pointer, callback))
    }

    func long(_ info: CURLINFO) -> Int {
        ccurl_get_long(pointer, info)
    }

    func offset(_ info: CURLINFO) -> Int64 {
        Int64(ccurl_get_offset(pointer, info))
    }

    private func check(_ code: CURLcode) throws(Rejected) {
        guard code == CURLE_OK else { throw Rejected(code: code) }
    }
}
