// The C functions libcurl calls on the transfer thread, each with its `Transfer` as context.

import CCurl

func installCallbacks(
    on handle: EasyHandle, context: UnsafeMutableRawPointer
) throws(EasyHandle.Rejected) {
    try handle.set(CURLOPT_READFUNCTION, callback: readBody)
    try handle.set(CURLOPT_READDATA, pointer: context)
    try handle.set(seek: seekBody)
    try handle.set(CURLOPT_SEEKDATA, pointer: context)
    try handle.set(beforeRequest: beforeRequest)
    try handle.set(CURLOPT_PREREQDATA, pointer: context)
    try handle.set(CURLOPT_HEADERFUNCTION, callback: receiveHeader)
    try handle.set(CURLOPT_HEADERDATA, pointer: context)
    try handle.set(CURLOPT_WRITEFUNCTION, callback: receiveBody)
    try handle.set(CURLOPT_WRITEDATA, pointer: context)
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private let readBody: ccurl_data_callback = { bytes, size, count, context in
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return transfer(context)?.readBody(into: buffer) ?? Int(CURL_READFUNC_ABORT)
}

private let seekBody: ccurl_seek_callback = { context, offset, origin in
    guard offset == 0, origin == SEEK_SET, transfer(context)?.rewindBody() == true else { return CURL_SEEKFUNC_FAIL }
    return CURL_SEEKFUNC_OK
}

private let beforeRequest: ccurl_prerequest_callback = { context, _, _, _, _ in
    transfer(context)?.mayStart() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private let receiveHeader: ccurl_data_callback = { bytes, size, count, context in
    transfer(context)?.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

private let receiveBody: ccurl_data_callback = { bytes, size, count, context in
    transfer(context)?.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}
