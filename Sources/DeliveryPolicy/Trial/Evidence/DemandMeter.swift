package import MailModel

/// Adds up what the mail of one mailbox needs, message by message, and remembers no more of it than the last day.
package struct DemandMeter: Sendable {
    package let mailbox: String
    private let limits: VolumeLimits
    private var messages = 0
    private var recipients = 0
    private var octets: Int64 = 0
    private var minute, day, requests, upload: SlidingSum
    private var simulated: SimulatedMailbox
    private var delayed = 0
    private var longestWait = Duration.zero

    package init(_ mailbox: String, _ limits: VolumeLimits) {
        self.mailbox = mailbox
        self.limits = limits
        minute = SlidingSum(over: limits.mailbox.messages.per)
        day = SlidingSum(over: limits.mailbox.recipients.per)
        requests = SlidingSum(over: limits.mailbox.requests.per)
        upload = SlidingSum(over: limits.mailbox.upload.per)
        simulated = SimulatedMailbox(limits)
    }

    /// In ascending order of time.
    /// - Parameter size: octets of the raw message.
    package mutating func add(at date: Timestamp, recipients count: Int, size: Int64) {
        messages += 1
        recipients += count
        octets += size
        minute.add(1, at: date)
        day.add(Int64(count), at: date)
        if limits.path(ofSize: size) == .graph {
            let row = Waiting(id: QueueID(rawValue: ""), due: .start, recipients: count, size: size)
            let cost = LaneBuckets.Cost(of: row, limits.mailbox)
            requests.add(cost.requests, at: date)
            upload.add(cost.octets, at: date)
        }
        let wait = simulated.send(LoggedMessage(date: date, sender: "", recipients: count, size: size))
        if wait > .zero { delayed += 1 }
        longestWait = max(longestWait, wait)
    }

    /// - Parameter requestTime: how long a request of Graph takes, in the mean; `nil` where nobody knows. By J. D. C.
    ///   Little, "A proof for the queuing formula: L = λW", Operations Research 9 (1961) 383–387, as many are under way at once as
    ///   come in that time.
    package func demand(requestTime: Duration?) -> MailboxDemand {
        let lane = limits.mailbox
        let rated: [(MailboxDemand.Limit, SlidingSum, Rate)] = [
            (.messages, minute, lane.messages), (.recipients, day, lane.recipients),
            (.requests, requests, lane.requests), (.upload, upload, lane.upload),
        ]
        var needs = rated.compactMap { limit, sum, rate in
            sum.busiest.map {
                MailboxDemand.Need(
                    limit: limit, amount: Double($0.amount), allowed: rate.amount, per: rate.per, start: $0.start)
            }
        }
        if let requestTime, let busiest = minute.busiest {
            needs.append(
                MailboxDemand.Need(
                    limit: .concurrency, amount: Double(busiest.amount) * (requestTime / lane.messages.per),
                    allowed: Int64(lane.concurrency), per: nil, start: busiest.start))
        }
        return MailboxDemand(
            mailbox: mailbox, messages: messages, recipients: recipients, octets: octets, needs: needs,
            delayed: delayed, longestWait: longestWait)
    }
}
