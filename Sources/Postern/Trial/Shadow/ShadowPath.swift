import DeliveryPolicy
import EmailLog
import GraphProtocol
import MIME
import MailModel

/// A path that can be exercised without a second delivery.
protocol ShadowPath: Sendable {
    /// Never throws, and never sends to anybody but the address of a redirected copy.
    func exercise(
        _ shadow: ClaimedShadow, as form: TrialSettings.Shadow, body: MessageBody, memory: AttemptMemory
    ) async -> ShadowRun

    /// The most that an exercise takes.
    func errand(
        _ shadow: WaitingShadow, as form: TrialSettings.Shadow, _ limits: RouteLimits
    ) -> Errand?
}

/// What came of an exercise: for the record, and for who keeps the limits.
struct ShadowRun: Sendable {
    var result: ShadowResult
    var effect: LaneEffect
}

extension GraphPath: ShadowPath {
    func errand(_ shadow: WaitingShadow, as form: TrialSettings.Shadow, _ limits: RouteLimits) -> Errand? {
        guard let bound = form.kind.bound(size: shadow.size, uploadsAbove: policy.uploadsAbove) else { return nil }
        var copyTo: [Address] = []
        if case .redirect(let address) = form { copyTo = [address] }
        return Errand(
            id: QueueID(rawValue: "shadow\(shadow.number)"), lane: shadow.lane, requests: bound.requests,
            octets: bound.octets, copies: Int64(copyTo.count),
            externalCopies: Int64(limits.acceptedDomains.externals(among: copyTo)))
    }

    func exercise(
        _ shadow: ClaimedShadow, as form: TrialSettings.Shadow, body: MessageBody, memory: AttemptMemory
    ) async -> ShadowRun {
        switch render(shadow.message, body) {
        case .failure(let end): return end.run
        case .success(let rendering):
            switch form {
            case .render: return ShadowRun(result: rendering.result(.over(.done)), effect: .inconclusive)
            case .draft: return await draft(shadow, rendering, memory)
            case .redirect(let address):
                switch copy(of: shadow.message, to: address, rendering, body) {
                case .failure(let end): return end.run
                case .success(let copy): return await send(copy, shadow, rendering, memory)
                }
            }
        }
    }

    // MARK: Built and checked here

    /// A message in its form, and what is to be said of it.
    private struct Rendering {
        let form: GraphForm
        var remarks: ShadowRemarks

        func result(_ end: ShadowResult.End) -> ShadowResult {
            var result = ShadowResult(end)
            result.requestForm = form.word
            result.requestSize = form.requestSize
            result.remarks = remarks.all
            return result
        }
    }

    /// Nothing was asked of Graph.
    private struct Ended: Error {
        let result: ShadowResult
        var run: ShadowRun { ShadowRun(result: result, effect: .inconclusive) }
    }

    private func render(_ message: QueuedMessage, _ body: MessageBody) -> Result<Rendering, Ended> {
        do throws(EmailLogError) {
            var remarks = ShadowRemarks(on: message, try HeaderReader.header(of: body))
            switch prepare(message, body) {
            case .success(let form):
                if case .mime(let outgoing) = form, let damage = outgoing.damage() { throw damage }
                remarks.note(form)
                return .success(Rendering(form: form, remarks: remarks))
            case .failure(let unsendable):
                return .failure(Ended(result: unsendable.result(&remarks, now: clocks.now())))
            }
        } catch {
            var remarks = ShadowRemarks(on: message, HeaderBlock(parsing: []))
            let unreadable = Unsendable(delivery: Delivery(unreadable: error))
            return .failure(Ended(result: unreadable.result(&remarks, now: clocks.now())))
        }
    }

    // MARK: As a draft

    private func draft(_ shadow: ClaimedShadow, _ rendering: Rendering, _ memory: AttemptMemory) async -> ShadowRun {
        switch await tokens.token() {
        case .failure(let unavailable): return run(of: Outcome(unavailable), shadow, rendering)
        case .success(let held):
            var course = Course(path: self, message: shadow.message, form: rendering.form, memory: memory, held)
            let begun = clocks.instant()
            let creation = await course.create()
            let latency = clocks.instant() - begun
            var run = await judge(creation, shadow, rendering, &course)
            run.result.cost = ShadowResult.Cost(requests: course.dialogue.requests, bytes: course.uploaded)
            if run.result.httpStatus != nil || run.result.end == .over(.done) { run.result.latency = latency }
            return run
        }
    }

    private func judge(
        _ creation: Result<DraftCreation, TokenSource.Unavailable>, _ shadow: ClaimedShadow, _ rendering: Rendering,
        _ course: inout Course
    ) async -> ShadowRun {
        switch creation {
        case .failure(let unavailable): return run(of: Outcome(unavailable), shadow, rendering)
        case .success(.refused(let outcome)): return run(of: outcome, shadow, rendering)
        case .success(.lost(let refusal, let wait)):
            // Nothing was submitted, so it may be tried again; what may be there is looked for.
            var run = run(of: .deferred(refusal, retryAfter: wait), shadow, rendering)
            run.result.leftover = .somewhere
            return run
        case .success(.created(let id)):
            guard await course.keep(id) else {
                var run = run(of: Self.notKept, shadow, rendering)
                run.result.leftover = .named(id)
                return run
            }
            return await inspected(id, rendering, &course)
        }
    }

    private static let notKept = Outcome.deferred(
        Refusal(scope: .message, cause: .unavailable, text: "The draft's id could not be written down."),
        retryAfter: nil)

    /// The largest message whose text is asked for, to see what kind of text Exchange takes it for.
    private static let largestText = 100_000

    private func inspected(_ id: String, _ rendering: Rendering, _ course: inout Course) async -> ShadowRun {
        var rendering = rendering
        let withBody = (rendering.form.requestSize) <= Self.largestText
        if case .success(let reply) = await course.dialogue.perform(.inspect(id: id, withBody: withBody)),
            let facts = DraftFacts(reply)
        {
            for difference in rendering.form.expectation.differences(in: facts) {
                rendering.remarks.add(difference.kind, difference.words)
            }
        }
        var run = ShadowRun(result: rendering.result(.over(.done)), effect: .healthy)
        run.result.httpStatus = 201
        if case .failed(let refusal, let wait) = await delete(id, &course.dialogue) {
            run.result.leftover = .named(id)
            run.effect = LaneEffect(ofErrand: refusal, retryAfter: wait)
        }
        return run
    }

    // MARK: To another address

    private func copy(
        of message: QueuedMessage, to address: Address, _ rendering: Rendering, _ body: MessageBody
    ) -> Result<GraphForm, Ended> {
        func ended(_ end: ShadowResult.End, _ code: String, _ text: String) -> Result<GraphForm, Ended> {
            var result = rendering.result(end)
            (result.errorCode, result.errorText) = (code, text)
            return .failure(Ended(result: result))
        }
        do throws(EmailLogError) {
            let block = try HeaderReader.header(of: body)
            var missing = MissingFields.values(for: message, host: hostname)
            missing.messageID = MissingFields.messageID(for: message.id, host: hostname)
            switch block.redirected(to: address, id: message.id, received: message.received, missing: missing) {
            case .uncertain(let reason):
                return ended(.over(.skipped), "Uncertain", "No copy was sent, since it might reach others: \(reason)")
            case .header(let header):
                guard case .draft = rendering.form else {
                    return .success(.mime(OutgoingMessage(header: header, body: body, bodyOffset: block.bodyOffset)))
                }
                do throws(DraftMessage.Failure) {
                    return .success(.draft(try DraftMessage(header: header, body: body)))
                } catch {
                    return ended(.over(.failed), "NotExpressible", "The copy cannot be taken apart for a draft.")
                }
            }
        } catch {
            return ended(.again(at: clocks.now() + Self.rest), "Unreadable", "\(error)")
        }
    }

    private func send(
        _ copy: GraphForm, _ shadow: ClaimedShadow, _ rendering: Rendering, _ memory: AttemptMemory
    ) async -> ShadowRun {
        switch await tokens.token() {
        case .failure(let unavailable): return run(of: Outcome(unavailable), shadow, rendering)
        case .success(let held):
            var course = Course(path: self, message: shadow.message, form: copy, memory: memory, held)
            let isDraft = if case .draft = copy { true } else { false }
            let begun = clocks.instant()
            let delivery = await course.run(
                GraphAttempt(
                    GraphAttempt.Facts(
                        mode: isDraft ? .draft : .off, draft: nil, doubt: nil, holdsUnclear: true, adopts: false)))
            var run = run(of: delivery.outcome, shadow, rendering)
            run.result.cost = ShadowResult.Cost(
                requests: course.dialogue.requests, messages: course.isSubmitted ? 1 : 0, bytes: course.uploaded)
            if run.result.httpStatus != nil { run.result.latency = clocks.instant() - begun }
            switch delivery.draft {
            case .made(let id): run.result.leftover = .named(id)
            case .lost: run.result.leftover = .somewhere
            case .unchanged, .used: break
            }
            return run
        }
    }

    // MARK: What became of it

    private static let rest = Duration.seconds(60)
    /// Trouble that passes is given so many runs; then it is what Graph has to say.
    private static let mostRuns = 5

    private func run(of outcome: Outcome, _ shadow: ClaimedShadow, _ rendering: Rendering) -> ShadowRun {
        var result = rendering.result(.over(.failed))
        switch outcome {
        case .accepted(let receipt):
            result.end = .over(.done)
            (result.httpStatus, result.requestID) = (receipt.status, receipt.requestID)
        case .rejected(let refusal): result.tell(refusal)
        case .deferred(let refusal, let wait):
            result.tell(refusal)
            let passes = refusal.cause == .throttled || refusal.cause == .unavailable
            if passes, shadow.run < Self.mostRuns {
                result.end = .again(at: clocks.now() + max(wait ?? .zero, Self.rest))
            }
        case .unknown(let refusal):
            result.tell(refusal)
            result.errorCode = "OutcomeUnknown"
        }
        return ShadowRun(result: result, effect: LaneEffect(ofErrand: outcome))
    }
}

extension ShadowResult {
    fileprivate mutating func tell(_ refusal: Refusal) {
        (httpStatus, errorCode, errorText) = (refusal.status, refusal.code, refusal.text)
        requestID = refusal.requestID
        if errorCode == nil { errorCode = refusal.status.map { "HTTP\($0)" } ?? "NoAnswer" }
    }
}

extension GraphPath.Unsendable {
    /// What comes of an exercise that asked Graph nothing.
    fileprivate func result(_ remarks: inout ShadowRemarks, now: Timestamp) -> ShadowResult {
        var result: ShadowResult
        switch delivery.outcome {
        case .rejected(let refusal) where refusal.cause == .malfunction:
            result = ShadowResult(.failed, code: "Unreadable", text: refusal.text)
        case .rejected(let refusal):
            remarks.note(refusal, goesBySMTP: delivery.fallsBack)
            result =
                delivery.fallsBack
                ? ShadowResult(.skipped, code: "GoesBySMTP", text: refusal.text)
                : ShadowResult(.failed, code: "NotExpressible", text: refusal.text)
        case .accepted, .deferred, .unknown:
            result = ShadowResult(.again(at: now + .seconds(60)))
            result.errorText = delivery.outcome.refusal?.text
        }
        result.remarks = remarks.all
        return result
    }
}
