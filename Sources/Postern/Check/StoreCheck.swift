import DeliveryPolicy
import EmailLog
import Foundation
import MailModel

/// The store: there, writable, with room; whether a service has it; and what that service has met.
struct StoreCheck {
    struct Findings {
        var items: [CheckItem]
        var isServed = false
        /// What the service has met: what only a message shows, such as a full mailbox, stands only here.
        var met: [CheckItem] = []
    }

    let path: String
    /// Those whose trials are looked at.
    var routes: [Route] = []
    let clocks: Clocks

    func examine() async -> Findings {
        guard FileManager.default.fileExists(atPath: path) else { return Findings(items: [newStore, room]) }
        do throws(EmailLogError) {
            let log = try EmailLog.open(path: path, role: .tool)
            try await log.checkWritable()
            let isServed = log.isServed
            let trials = try await routes.trials(in: log, at: clocks.now()).map(item)
            let met = trials + items(try await log.pauses()) + (try await log.openAlerts()).map(item)
            try await log.close()
            let store = CheckItem("store", path, .ok, "opened, written and synced")
            return Findings(items: [store, room, service(isServed)], isServed: isServed, met: met)
        } catch {
            return Findings(items: [CheckItem("store", path, .failed(error.fault), "\(error)"), room])
        }
    }

    /// It comes with the first start.
    private var newStore: CheckItem {
        guard access(directory, W_OK) == 0 else {
            return CheckItem(
                "store", path, .failed(.configuration),
                "\(directory): \(String(cString: strerror(errno)))",
                advice: "Create the directory and let the service own it, or choose another `store`.")
        }
        return CheckItem("store", path, .ok, "not there yet: the service creates it when it starts")
    }

    private var directory: String {
        let parent = (path as NSString).deletingLastPathComponent
        return parent.isEmpty ? "." : parent
    }

    private static let leastRoom: Int64 = 500_000_000

    private var room: CheckItem {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else {
            return CheckItem("disk", directory, .failed(.unavailable), String(cString: strerror(errno)))
        }
        let free = Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        let text = "\(free / 1_000_000) MB free"
        guard free < Self.leastRoom else { return CheckItem("disk", directory, .ok, text) }
        return CheckItem(
            "disk", directory, .warning, text,
            advice: "Free some space: without any, mail is refused with 452 until there is some again.")
    }

    private func service(_ isServed: Bool) -> CheckItem {
        isServed
            ? CheckItem("service", path, .ok, "running")
            : CheckItem(
                "service", path, .warning, "not running: nothing is accepted or delivered",
                advice: "Start it: `postern serve`, or `systemctl start postern`.")
    }

    // MARK: Pauses

    /// A pause whose mailbox has had no mail since says nothing any more.
    private static let oldest = Duration.seconds(86400)
    private static let mostShown = 10

    private func items(_ pauses: [LanePause]) -> [CheckItem] {
        let now = clocks.now()
        let recent = pauses.filter { $0.until > (isOperators($0) ? now - Self.oldest : now) }
        let items = recent.prefix(Self.mostShown).map { item($0, now) }
        guard recent.count > items.count else { return items }
        let more = "\(recent.count - items.count) more mailboxes or routes wait"
        return items + [CheckItem("pause", path, .warning, more, advice: "`postern queue` lists them.")]
    }

    private func item(_ pause: LanePause, _ now: Timestamp) -> CheckItem {
        let subject = [pause.route, pause.mailbox?.description, pause.path.rawValue].compactMap(\.self)
        let since =
            pause.until > now ? "mail waits until \(pause.until) UTC" : "not tried again since \(pause.until) UTC"
        return CheckItem(
            "pause", subject.joined(separator: " "), isOperators(pause) ? .failed(.refused) : .warning,
            "\(since): \(pause.reason)",
            advice: isOperators(pause)
                ? "Once it is mended, mail flows by itself within minutes; `systemctl reload postern` tries at once."
                : nil)
    }

    /// Whether its path can be used stands in the lines of that path.
    private func item(_ trial: RouteTrial) -> CheckItem {
        let standing = trial.standing
        let since = "since \(standing.since) UTC"
        switch standing.state {
        case .running:
            let what =
                trial.settings.mode == .split ? "by \(trial.path.rawValue)" : "in \(trial.path.rawValue)'s shadow"
            return CheckItem("trial", trial.route, .ok, "\(trial.share) of its mail \(what), \(since)")
        case .stopped:
            return CheckItem("trial", trial.route, .warning, "stopped \(since)", advice: "`postern trial start`.")
        case .rolledBack:
            return CheckItem(
                "trial", trial.route, .warning,
                "rolled back to \(trial.share) \(since): \(standing.reason ?? "no reason is on record")",
                advice: "`postern log --trial trial --status F` and `postern trial` show what went wrong; "
                    + "`postern trial start` starts it again.")
        }
    }

    private func item(_ alert: OpenAlert) -> CheckItem {
        CheckItem(
            "alert", alert.name, .failed(.other), "open since \(alert.openedDate) UTC, at most \(alert.peak) so far",
            advice: "`postern log --status F` and `postern queue` show what it is about; it closes by itself.")
    }

    private func isOperators(_ pause: LanePause) -> Bool {
        pause.cause == .unauthorized || pause.cause == .misconfigured
    }
}

extension EmailLogError {
    fileprivate var fault: CheckItem.Fault {
        switch self {
        case .missingDirectory, .notWritable, .notADatabase, .newerSchema, .damaged: .configuration
        case .olderSchema, .inUse, .removed, .diskFull, .busy, .inputOutput, .closed: .unavailable
        case .duplicateID, .noSuchMessage, .wrongStatus, .setAside, .partsDoNotMatch, .bodyMissing, .bodyDamaged,
            .other:
            .other
        }
    }
}
