import MailModel
import Testing

@testable import EmailLog
@testable import PosternCommands

@Suite struct ShadowRecordLinesTests {
    private static func record(_ change: (inout ShadowRecord) -> Void) -> ShadowRecord {
        var record = ShadowRecord(
            message: QueueID(rawValue: "m1"), state: .waiting, createdDate: Timestamp("2026-11-21 12:00:00")!,
            remarks: [])
        change(&record)
        return record
    }

    @Test func oneThatWaits() { #expect(Self.record { _ in }.lines == ["", "Shadow by Graph: waiting"]) }

    @Test func whatWasFound() {
        let record = Self.record {
            ($0.state, $0.form, $0.latency, $0.httpStatus) = (.done, .draft, .milliseconds(81), 201)
            ($0.requestForm, $0.requestSize) = ("mime_request", 444)
            $0.remarks = [ShadowRemark(kind: "header.auto-submitted", words: "Exchange removes it.")]
        }
        #expect(
            record.lines == [
                "", "Shadow by Graph: done (draft, 81 ms, status 201, mime_request of 444 octets)",
                "  header.auto-submitted: Exchange removes it.",
            ])
        #expect(record.json.written().contains(#""kind": "header.auto-submitted""#))
    }

    @Test func whatWentWrong() {
        let record = Self.record {
            ($0.state, $0.errorCode, $0.errorText) = (.skipped, "Expired", "No room.")
        }
        #expect(record.lines == ["", "Shadow by Graph: skipped", "  Expired: No room."])
    }
}
