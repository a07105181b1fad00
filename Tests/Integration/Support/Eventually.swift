import Testing

/// Asks another process again and again until it answers as hoped: nothing else can tell when it is so far.
///
/// - Returns: the last answer, also where it never was the right one; that is an issue of the test.
@discardableResult
func eventually<Value: Sendable>(
    _ what: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ ask: () async throws -> Value, until isRight: (Value) -> Bool
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var answer = try await ask()
    while !isRight(answer), clock.now < deadline {
        try await Task.sleep(for: .milliseconds(50))
        answer = try await ask()
    }
    #expect(isRight(answer), "\(what): still \(answer)", sourceLocation: sourceLocation)
    return answer
}
