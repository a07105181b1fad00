import DeliveryPolicy
import EmailLog
import Logging
import MailModel

/// Exercises Graph beside the mail of a trial in shadow mode. Nothing here touches the row of a message: a shadow has its
/// own record, and its errand starts only where no mail could use its place.
extension DeliveryManager {
    /// One that may run now.
    struct ShadowTurn: Sendable {
        let shadow: WaitingShadow
        let form: TrialSettings.Shadow
        let path: any ShadowPath
        /// `nil` where nothing is asked of Graph.
        let errand: Errand?
    }

    private static let atOnce = 8
    /// Of each route; beyond them the oldest are skipped, since their bodies take room.
    private static let mostWaiting = 1000
    private static let patience = Duration.seconds(86_400)
    private static let skippedAtOnce = 200
    private static let look = Duration.seconds(1)
    private static let care = Duration.seconds(10)
    /// One that found no place lets others have a look first.
    private static let crowded = Duration.seconds(1)

    /// Those that start now. Called by one task only.
    func nextShadows() async -> [ShadowTurn] {
        let now = clocks.instant()
        guard let shadows, now >= nextShadowLook, runningShadows.count < Self.atOnce else { return [] }
        nextShadowLook = now + Self.look
        do throws(EmailLogError) {
            if now >= nextShadowCare {
                nextShadowCare = now + Self.care
                try await lookAfter(shadows)
            }
            var turns: [ShadowTurn] = []
            for route in routes.values.sorted(by: { $0.name < $1.name }) {
                guard let form = route.shadow, let path = route.paths[.graph] as? any ShadowPath else { continue }
                turns += try await self.turns(of: route, as: form, by: path, shadows)
            }
            return turns
        } catch {
            rest(after: error)
            return []
        }
    }

    private func turns(
        of route: DeliveryRoute, as form: TrialSettings.Shadow, by path: any ShadowPath, _ shadows: any ShadowStore
    ) async throws(EmailLogError) -> [ShadowTurn] {
        var turns: [ShadowTurn] = []
        var crowded: [LaneKey: [Int64]] = [:]
        let waiting = try await shadows.waitingShadows(route: route.name, at: clocks.now(), limit: 2 * Self.atOnce)
        for shadow in waiting where !runningShadows.contains(shadow.number) {
            guard runningShadows.count < Self.atOnce, !isResting(at: clocks.instant()) else { break }
            let errand = path.errand(shadow, as: form, route.limits)
            guard errand.map({ scheduler.start($0, at: clocks.instant()) }) ?? true else {
                crowded[shadow.lane, default: []].append(shadow.number)
                continue
            }
            runningShadows.insert(shadow.number)
            turns.append(ShadowTurn(shadow: shadow, form: form, path: path, errand: errand))
        }
        for (lane, numbers) in crowded {
            try await shadows.postponeShadows(numbers, until: clocks.now() + wait(of: lane))
        }
        return turns
    }

    /// Until a pause ends, where one is known.
    private func wait(of lane: LaneKey) -> Duration {
        let now = clocks.instant()
        let status = scheduler.explain(lane, at: now)?.paths.first { $0.path == .graph }
        return max(Self.crowded, (status?.pausedUntil).map { $0 - now } ?? .zero)
    }

    /// What a dead process left, what has waited for too long, and what nobody wants any more.
    private func lookAfter(_ shadows: any ShadowStore) async throws(EmailLogError) {
        let now = clocks.now()
        let routes = routes
        let cutOff = try await shadows.recoverShadows(at: now) { route, form, size in
            // Of a route that is gone nobody knows what went in which form.
            let uploadsAbove = routes[route].map(\.limits.lane.uploadsAbove) ?? 0
            return .cutOff(form, size: size, uploadsAbove: uploadsAbove)
        }
        for id in cutOff {
            logger.notice("shadow cut off by the end of the process", metadata: [LogKey.id: "\(id)"])
        }
        for route in try await shadows.routesWithShadows() {
            let isWanted = routes[route]?.shadow != nil
            let reasons: [SkippedShadows] =
                isWanted
                ? [.expired(before: now - Self.patience), .overflow(keeping: Self.mostWaiting)] : [.unwanted]
            for reason in reasons {
                let count = try await shadows.skipShadows(
                    route: route, reason, at: now, limit: Self.skippedAtOnce)
                guard count > 0 else { continue }
                logger.notice(
                    "shadows skipped", metadata: [LogKey.route: "\(route)", LogKey.reason: "\(reason.words): \(count)"])
            }
        }
    }

    // MARK: One run

    func run(_ turn: ShadowTurn) async {
        guard let shadows else { return }
        let run = await exercise(turn, shadows) ?? ShadowRun(result: ShadowResult(.skipped), effect: .inconclusive)
        if let errand = turn.errand {
            finished(errand, run.effect, run.result.cost)
            await note(run.effect, of: turn.shadow.lane, by: .graph)
        }
        runningShadows.remove(turn.shadow.number)
        nextShadowLook = clocks.instant()
        bell.ring()
    }

    /// `nil` where nothing was begun.
    private func exercise(_ turn: ShadowTurn, _ shadows: any ShadowStore) async -> ShadowRun? {
        do throws(EmailLogError) {
            let claimed = try await shadows.claimShadow(turn.shadow.number, as: turn.form.kind, at: clocks.now())
            guard let claimed else { return nil }
            CrashPoint.reach(.shadowClaimed)
            let run = await exercise(turn, claimed, shadows)
            CrashPoint.reach(.shadowAnswered)
            await record { _, now throws(EmailLogError) in try await shadows.end(claimed, run.result, at: now) }
            report(claimed, run.result)
            return run
        } catch {
            rest(after: error)
            return nil
        }
    }

    private func exercise(_ turn: ShadowTurn, _ shadow: ClaimedShadow, _ shadows: any ShadowStore) async -> ShadowRun {
        let body: MessageBody
        do throws(EmailLogError) {
            body = try await shadows.body(of: shadow)
        } catch {
            let result =
                error.isOfBody
                ? ShadowResult(.failed, code: "Unreadable", text: "\(error)")
                : ShadowResult(.again(at: clocks.now() + Self.crowded))
            return ShadowRun(result: result, effect: .inconclusive)
        }
        // A pause may have begun meanwhile.
        if let errand = turn.errand, !scheduler.stillAdmits(errand, at: clocks.instant()) {
            let result = ShadowResult(.again(at: clocks.now() + wait(of: errand.lane)))
            return ShadowRun(result: result, effect: .inconclusive)
        }
        let memory = AttemptMemory { draft async throws(EmailLogError) in
            try await shadows.keepDraft(draft, of: shadow)
        }
        return await turn.path.exercise(shadow, as: turn.form, body: body, memory: memory)
    }

    private func report(_ shadow: ClaimedShadow, _ result: ShadowResult) {
        var metadata: Logger.Metadata = [
            LogKey.id: "\(shadow.original)", LogKey.route: "\(shadow.message.route)",
            LogKey.mailbox: "\(shadow.message.mailbox.redacted)",
        ]
        metadata[LogKey.status] = result.httpStatus.map { "\($0)" }
        metadata[LogKey.reason] = result.errorText.map { "\(result.errorCode ?? "-") \($0)" }
        switch result.end {
        case .again(let moment):
            metadata[LogKey.until] = "\(moment)"
            logger.info("shadow waits", metadata: metadata)
        case .over(.failed): logger.notice("shadow failed", metadata: metadata)
        case .over(let state):
            metadata[LogKey.outcome] = "\(state.rawValue)"
            logger.info("shadow ended", metadata: metadata)
        }
    }
}

extension TrialSettings.Shadow {
    var kind: ShadowForm {
        switch self {
        case .render: .render
        case .draft: .draft
        case .redirect: .redirect
        }
    }
}

extension SkippedShadows {
    fileprivate var words: String {
        switch self {
        case .expired: "waited for too long"
        case .overflow: "too many waited"
        case .unwanted: "the route has no shadow any more"
        }
    }
}

extension EmailLogError {
    /// The body is gone or damaged, and waiting does not help.
    fileprivate var isOfBody: Bool {
        switch self {
        case .bodyMissing, .bodyDamaged, .damaged, .noSuchMessage: true
        default: false
        }
    }
}
