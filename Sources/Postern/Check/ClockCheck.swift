import GraphProtocol
import MailModel

/// This machine's clock beside the one that a server's answer tells of (RFC 9110 §6.6.1).
enum ClockCheck {
    /// Entra lets a client's clock be wrong by five minutes.
    private static let tolerance: Int64 = 300

    /// `nil` where the answer tells no time.
    static func item(_ response: WireResponse, from host: String, now: Timestamp) -> CheckItem? {
        guard let far = response.header("Date").flatMap({ HTTPDate.parse(Array($0.utf8), now: now) }) else {
            return nil
        }
        return item(ahead: now - far, of: host)
    }

    static func item(ahead difference: Duration, of host: String) -> CheckItem {
        // An answer carries whole seconds, and was some time on its way.
        let seconds = abs(difference.components.seconds)
        guard seconds >= 3 else {
            return CheckItem("clock", host, .ok, "this machine's clock agrees with the server's")
        }
        let side = difference < .zero ? "behind" : "ahead of"
        let text = "this machine's clock is \(seconds) s \(side) the server's"
        guard seconds >= 60 else { return CheckItem("clock", host, .ok, text) }
        return CheckItem(
            "clock", host, seconds < tolerance ? .warning : .failed(.other), text,
            advice: "Set this machine's clock and keep it right with NTP (`timedatectl set-ntp true`): Entra refuses "
                + "assertions from another time, and waits that Microsoft asks for are misread.")
    }
}
