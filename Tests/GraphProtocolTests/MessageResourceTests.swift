import MailModel
import Testing

@testable import GraphProtocol

@Suite struct MessageResourceTests {
    @Test func saysLittleOfALittleMessage() {
        let resource = MessageResource(from: .init(address: "a@x.example"))
        #expect(
            String(decoding: resource.json, as: UTF8.self)
                == #"{"subject":"","body":{"contentType":"Text","content":""},"#
                + #""from":{"emailAddress":{"address":"a@x.example"}},"importance":"normal"}"#)
    }

    @Test func saysAll() throws {
        var resource = MessageResource(from: .init(name: "Jürgen \"J\"", address: "app@contoso.com"))
        resource.subject = "Grüße\u{1}"
        (resource.text, resource.isHTML) = ("<p>\r\n\ta & b</p>", true)
        resource.sender = .init(address: "robot@contoso.com")
        (resource.to, resource.cc) = ([.init(name: "Ann", address: "ann@x.example")], [.init(address: "bob@x.example")])
        (resource.bcc, resource.replyTo) = ([.init(address: "dora@x.example")], [.init(address: "help@contoso.com")])
        (resource.messageID, resource.inReplyTo, resource.references) = ("<1@x>", "<0@x>", "<a@x> <0@x>")
        (resource.importance, resource.sensitivity) = ("high", 2)
        (resource.wantsReadReceipt, resource.wantsDeliveryReceipt) = (true, true)
        resource.headers = [.init(name: "X-Postern-Id", value: "01abc")]
        let json = try #require(JSONValue(resource.json))
        func address(_ name: String) -> String? {
            let person = json[name]?.elements.first ?? json[name]
            return person?["emailAddress"]?["address"]?.string
        }
        #expect(json["subject"]?.string == "Grüße\u{1}")
        #expect(json["body"]?["contentType"]?.string == "HTML")
        #expect(json["body"]?["content"]?.string == "<p>\r\n\ta & b</p>")
        #expect(json["from"]?["emailAddress"]?["name"]?.string == "Jürgen \"J\"")
        #expect(
            ["from", "sender", "toRecipients", "ccRecipients", "bccRecipients", "replyTo"].map(address) == [
                "app@contoso.com", "robot@contoso.com", "ann@x.example", "bob@x.example", "dora@x.example",
                "help@contoso.com",
            ])
        #expect(json["internetMessageId"]?.string == "<1@x>")
        #expect(json["importance"]?.string == "high")
        #expect(json["isReadReceiptRequested"]?.bool == true && json["isDeliveryReceiptRequested"]?.bool == true)
        #expect(json["internetMessageHeaders"]?.elements.first?["name"]?.string == "X-Postern-Id")
        let properties = json["singleValueExtendedProperties"]?.elements.map {
            "\($0["id"]?.string ?? "")=\($0["value"]?.string ?? "")"
        }
        #expect(properties == ["String 0x1042=<0@x>", "String 0x1039=<a@x> <0@x>", "Integer 0x0036=2"])
    }

    @Test func describesAttachments() throws {
        let plain = FileAttachment(name: "a \"b\".pdf", type: "application/pdf", size: 3)
        let json = try #require(JSONValue(plain.json(content: Array("PDF".utf8))))
        #expect(json["@odata.type"]?.string == "#microsoft.graph.fileAttachment")
        #expect(json["name"]?.string == "a \"b\".pdf" && json["contentType"]?.string == "application/pdf")
        #expect(json["contentBytes"]?.string == "UERG" && json["isInline"]?.bool == false)
        #expect(json["contentId"] == nil)
        #expect(JSONValue(plain.json(content: []))?["contentBytes"]?.string == "")

        let image = FileAttachment(
            name: "i.png", type: "image/png", size: 4_000_000, isInline: true, contentID: "logo@x")
        let item = try #require(JSONValue(image.sessionJSON)?["AttachmentItem"])
        #expect(item["attachmentType"]?.string == "file" && item["size"]?.integer == 4_000_000)
        #expect(item["name"]?.string == "i.png" && item["contentType"]?.string == "image/png")
        #expect(item["isInline"]?.bool == true && item["contentId"]?.string == "logo@x")
    }

    @Test(arguments: [(0, false), (2_999_999, false), (3_000_000, true), (150_000_000, true)])
    func chooses(_ size: Int, _ needsSession: Bool) {
        #expect(FileAttachment(name: "a", type: "a/b", size: size).needsSession == needsSession)
    }
}
