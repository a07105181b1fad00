import EmailLog
import Foundation
import MailModel

/// The store: there, writable, with room, and what it says about mail that waits.
struct StoreCheck {
    let path: String
    let clocks: Clocks

    func items() async -> [CheckItem] {
        guard FileManager.default.fileExists(atPath: path) else { return [newStore] + [room] }
        do {
            let log = try EmailLog.open(path: path, role: .tool)
            try await log.checkWritable()
            let pauses = try await log.pauses().filter { $0.until > clocks.now() }
            try await log.close()
            return [CheckItem("store", path, .ok, "opened, written and synced"), room] + pauses.map(item)
        } catch {
            return [CheckItem("store", path, .failed(.unavailable), "\(error)"), room]
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
        return free >= Self.leastRoom
            ? CheckItem("disk", directory, .ok, text)
            : CheckItem(
                "disk", directory, .warning, text,
                advice: "Free some space: without any, mail is refused with 452 until there is some again.")
    }

    private func item(_ pause: LanePause) -> CheckItem {
        let subject = [pause.route, pause.mailbox?.description, pause.path.rawValue].compactMap(\.self)
        let isOperators = pause.cause == .unauthorized || pause.cause == .misconfigured
        return CheckItem(
            "pause", subject.joined(separator: " "), isOperators ? .failed(.refused) : .warning,
            "mail waits until \(pause.until) UTC: \(pause.reason)")
    }
}
