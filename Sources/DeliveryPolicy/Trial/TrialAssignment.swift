import MailModel

/// Which arm of a trial a message is in, by nothing but its id and the share: the same before and after any restart, on
/// any machine, and for whoever computes it again.
///
/// The id's place from 0 up to 1,000,000 is FNV-1a of its octets, stirred by the finalizer of MurmurHash3 because FNV's high
/// bits hardly know the last octets, times a million, divided by 2⁶⁴. Places below the share are the trial's; so a larger
/// share moves messages from control to trial, and never one back. The parts of a split message (`ID-2`) stand where the
/// message does.
package struct TrialAssignment: Hashable, Sendable {
    package var share: TrialShare
    package var filter: TrialFilter

    package init(share: TrialShare, filter: TrialFilter = TrialFilter()) {
        self.share = share
        self.filter = filter
    }

    /// `nil` where the trial does not speak of the message: it belongs to neither arm.
    package func arm(of message: TrialCandidate) -> TrialArm? {
        guard filter.admits(message) else { return nil }
        return Self.place(of: message.id) < share.millionths ? .trial : .control
    }

    /// 0 to 999,999.
    static func place(of id: QueueID) -> Int {
        let hash = stirred(FNV1a.hash(id.rawValue.utf8.prefix { $0 != UInt8(ascii: "-") }))
        return Int(hash.multipliedFullWidth(by: 1_000_000).high)
    }

    private static func stirred(_ hash: UInt64) -> UInt64 {
        var mixed = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }
}
