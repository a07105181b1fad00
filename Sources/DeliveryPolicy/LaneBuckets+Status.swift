import MailModel

/// What a mailbox's limits hold back, and for how long.
extension LaneBuckets {
    /// How long the limits alone make what waits take.
    func timeToDrain(_ backlog: Backlog, by path: Path, at now: Instant) -> Duration {
        func time(_ amount: Int64, in bucket: TokenBucket) -> Duration {
            bucket.time(toTake: amount, leaving: bucket.rate.reserve(before: backlog.priority), at: now)
        }
        let shared = max(time(backlog.messages, in: messages), time(backlog.recipients, in: recipients))
        guard path == .graph else { return shared }
        let octets = Int64(Base64.encodedLength(of: Int(backlog.size)))
        return max(shared, time(backlog.messages, in: requests), time(octets, in: upload))
    }

    /// The limits that hold the row back, and until when each does, as far as known.
    func lacks(for row: Waiting, by path: Path, at now: Instant) -> [(use: LimitUse, until: Instant?)] {
        func next(_ amount: Int64, in bucket: TokenBucket) -> Instant? {
            self.next(amount, in: bucket, for: row.priority, at: now)
        }
        let cost = Cost(of: row, limits)
        let all = uses(at: now)
        var moments: [(LimitUse, until: Instant?)] = [
            (all[0], next(1, in: messages)), (all[1], next(cost.recipients, in: recipients)),
        ]
        if path == .graph {
            moments += [(all[2], next(cost.requests, in: requests)), (all[3], next(cost.octets, in: upload))]
        }
        return moments.filter { $0.until.map { $0 > now } ?? true }
    }

    /// Of messages, recipients, requests and uploads, in this order.
    func uses(at now: Instant) -> [LimitUse] {
        [
            use(.messages, of: messages, at: now), use(.recipients, of: recipients, at: now),
            use(.requests, of: requests, at: now), use(.upload, of: upload, at: now),
        ]
    }

    /// Of those that are quotas, unless nothing of it is used. A few large messages take minutes of the upload limit.
    func quotas(at now: Instant) -> [LimitUse] {
        uses(at: now).filter { $0.used > 0 && ($0.rate.isQuota || $0.name == .upload) }
    }

    private func use(_ name: LimitName, of bucket: TokenBucket, at now: Instant) -> LimitUse {
        LimitUse(name, used: bucket.spent(at: now), of: bucket.rate)
    }
}
