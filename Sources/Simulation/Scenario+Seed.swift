import DeliveryPolicy
import MailModel

/// Scenarios drawn by chance: each knob on its own, so that a thousand seeds meet most pairs.
extension Scenario {
    package init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        self.init(seed: seed, mailboxes: (0..<Int.random(in: 1...6, using: &random)).map(Self.mailbox))
        let span = Int.random(in: 30...900, using: &random)
        routeCount = random.happens(0.3) ? 2 : 1
        drawLimits(&random)
        drawArrivals(Int.random(in: 5...120, using: &random), over: span, &random)
        calmFrom = Instant(.seconds(span + Int.random(in: 0...300, using: &random)))
        deadline = calmFrom + .seconds(6 * 3600)
        drawFaults(&random)
        drawAccidents(&random)
        // By numbers of its own, so that the other knobs stand as they would without a trial.
        var chance = SplitMix64(seed: seed ^ 0x7121A1)
        drawTrial(&chance)
    }

    private mutating func drawTrial(_ random: inout SplitMix64) {
        guard limits.other != nil, random.happens(0.5) else { return }
        tried = .random(in: 1...4, using: &random)
        trialTurns = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            Instant(random.duration(0...Int(calmFrom.sinceStart.milliseconds)))
        }
    }

    private mutating func drawLimits(_ random: inout SplitMix64) {
        func rate(_ amounts: ClosedRange<Int64>, _ seconds: ClosedRange<Int>) -> Rate {
            Rate(.random(in: amounts, using: &random), per: .seconds(Int.random(in: seconds, using: &random)))
        }
        limits.lane.messages = rate(2...30, 5...60)
        limits.lane.recipients = rate(5...100, 20...300)
        limits.lane.requests = rate(3...50, 5...120)
        limits.lane.upload = rate(100_000...1_000_000, 10...120)
        limits.lane.concurrency = .random(in: 1...4, using: &random)
        limits.lane.connections = .random(in: 1...3, using: &random)
        limits.concurrency = .random(in: 1...12, using: &random)
        limits.connections = random.happens(0.3) ? .random(in: 1...3, using: &random) : nil
        limits.window = random.pick([4, 10, 100])
        limits.primary = random.happens(0.2) ? .smtp : .graph
        if random.happens(0.6) {
            limits.other = limits.primary == .graph ? .smtp : .graph
            let conditions = Set(FallbackRule.Condition.allCases.filter { _ in Bool.random(using: &random) })
            let rule = FallbackRule(on: conditions, after: random.duration(0...120_000))
            limits.fallback = random.happens(0.8) ? rule : nil
            unrepresentable = random.happens(0.5) ? .random(in: 2...20, using: &random) : 0
        }
        schedule = RetrySchedule(
            first: random.duration(1000...15_000), max: random.duration(20_000...120_000),
            giveUpAfter: .seconds(Int.random(in: 120...1800, using: &random)))
        onUnknown = random.pick([.retry, .retry, .hold])
        latency = random.pick([3...50, 20...2000, 200...40_000])
        diskTime = random.pick([0...0, 20...3000, 100...200_000])
        isShuffled = random.happens(0.8)
    }

    mutating func drawArrivals(_ count: Int, over span: Int, _ random: inout SplitMix64) {
        let isBurst = random.happens(0.3)
        for _ in 0..<count {
            let parts = random.happens(0.05) ? Int.random(in: 2...3, using: &random) : 1
            arrivals.append(
                Arrival(
                    at: Instant(random.fine(0...(isBurst ? min(5, span) : span) * 1_000_000)),
                    mailbox: random.pick(mailboxes),
                    recipients: (0..<parts).map { _ in random.happens(0.02) ? 8 : Int.random(in: 1...4, using: &random)
                    },
                    size: .random(in: 300...60_000, using: &random), priority: random.pick(Priority.allCases),
                    via: random.happens(0.05) ? random.pick(paths) : nil, isFromTool: random.happens(0.1)))
        }
        arrivals.sort { $0.at < $1.at }
    }

    private mutating func drawFaults(_ random: inout SplitMix64) {
        let always = Instant.start..<calmFrom
        for kind in Fault.Kind.allCases where random.happens(0.4) {
            faults.append(
                Fault(kind: kind, during: always, share: random.pick([0.002, 0.02, 0.1])))
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let start = Instant(random.duration(0...Int(calmFrom.sinceStart.milliseconds)))
            let end = min(calmFrom, start + random.duration(1000...400_000))
            guard start < end else { continue }
            faults.insert(
                Fault(
                    kind: random.pick(Fault.Kind.allCases), path: random.happens(0.7) ? random.pick(paths) : nil,
                    mailbox: random.happens(0.5) ? random.pick(mailboxes) : nil, during: start..<end,
                    share: random.pick([0.3, 1])), at: 0)
        }
    }

    private mutating func drawAccidents(_ random: inout SplitMix64) {
        func moments(_ most: Int) -> [Instant] {
            (0..<Int.random(in: 0...most, using: &random)).map { _ in
                Instant(random.duration(0...Int(calmFrom.sinceStart.milliseconds)))
            }
        }
        crashShare = random.pick([0, 0, 0.0005, 0.005, 0.03])
        downtime = random.pick([10...500, 100...20_000, 1000...120_000])
        reloads = random.happens(0.3) ? moments(4) : []
        interventions = random.happens(0.4) ? moments(20) : []
        if random.happens(0.2) { diskFailures = moments(3).map { $0..<$0 + random.duration(100...20_000) } }
    }
}
