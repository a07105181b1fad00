import DeliveryPolicy
import MailModel
import Testing

@testable import Postern

@Suite struct CSVLogTests {
    private static let expected = ["16:17:03 <reports@contoso.com> 2 1234"]

    @Test(arguments: [
        "time,sender,recipients,size\n2026-11-21 16:17:03,Reports@contoso.com,2,1234",
        "time;sender;recipients;size\n2026-11-21T16:17:03Z;reports@contoso.com;2;1234",
        "Size\tTo\tFrom\tDate\n1234\ta@b.c, d@b.c\treports@contoso.com\t2026-11-21 16:17:03",
        "\u{FEFF}Timestamp,Sender_Address,Recipient Address,Message-Size\n\"2026-11-21 16:17:03\",<reports@contoso.com>,\"a@b.c,d@b.c\",1234",
        "datetime,from,to,bytes,subject\n1795277823,reports@contoso.com,a@b.c|d@b.c,1234,\"Sales, \"\"final\"\"\"",
        "time,sender,recipients,size\n2026-11-21 17:17:03 +0100,reports@contoso.com,2,1234\n",
    ])
    func columnsAreFoundByTheirNames(_ text: String) {
        let (messages, reader) = MailLogFormat.csv.read(text)
        #expect(messages == Self.expected && reader.unreadable.isEmpty, "\(reader.unreadable)")
    }

    @Test(arguments: [
        "time,sender,size", "sender,recipients", "2026-11-21 16:17:03,a@b.c,1,2", "", "time sender recipients",
    ])
    func otherFirstLinesAreNoHeader(_ line: String) {
        #expect(CSVColumns(header: Substring(line)) == nil && MailLogFormat(ofLine: Substring(line)) == nil)
    }

    @Test func damagedLinesAreNamed() {
        let text = """
            time,sender,recipients,size
            yesterday,a@b.c,1,1
            2026-11-21 16:17:03,reports@contoso.com,2,1234
            2026-11-21 16:17:03
            2026-11-21 16:17:03,a@b.c,many,1
            2026-11-21 16:17:03,a@b.c,-1,1
            """
        let (messages, reader) = MailLogFormat.csv.read(text)
        #expect(messages == Self.expected && reader.unreadable.map(\.number) == [2, 4, 5, 6])
    }

    @Test func eachFileHasItsHeader() {
        var reader = MailLogFormat.csv.reader(reference: logReference)
        for lines in [
            ["time,sender,recipients", "1795277823,a@b.c,1"], ["recipients,sender,time", "2,d@b.c,1795277823"],
        ] {
            reader.nextFile()
            for line in lines { reader.read(Substring(line)) }
        }
        #expect(reader.finish().map(\.recipients) == [1, 2] && reader.unreadable.isEmpty)
    }

    @Test(arguments: [
        ("a@b.c", "a@b.c", false), ("a@b.c d@b.c", "A@b.c", false), ("a@b.c", "a@b.c;d@b.c", true),
        ("a@b.c", "", false),
        ("1", "a@b.c", nil),
    ])
    func headersTellWhatGraphCannotExpress(_ envelope: String, _ headers: String, _ isUnrepresentable: Bool?) {
        var reader = MailLogFormat.csv.reader(reference: logReference)
        reader.nextFile()
        reader.read("time,sender,recipients,header_recipients")
        reader.read("1795277823,a@b.c,\(envelope),\(headers)")
        #expect(reader.finish().map(\.isUnrepresentable) == [isUnrepresentable])
    }
}
