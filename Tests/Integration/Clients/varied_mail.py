"""Hands in mail as mail programs really write it, COUNT messages of all kinds, the same for the same SEED.

Usage: varied_mail.py PORT COUNT SEED PREFIX. Prints {"acknowledged": {subject: id}}.
"""
import base64
import email.utils
import json
import quopri
import random
import smtplib
import sys

port, count, seed, prefix = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
chance = random.Random(seed)
PEOPLE = [f"{name}@{host}" for name in ("ann", "bob", "carol", "o'hara", "x_y") for host in ("example.org", "fabrikam.com")]


def crlf(text):
    return text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def people(most):
    return chance.sample(PEOPLE, chance.randint(1, most))


def named(address):
    return chance.choice([
        address, f"<{address}>", f'"Surname, First" <{address}>', f"=?utf-8?q?J=C3=BCrgen?= <{address}>",
        f"=?iso-8859-1?B?SvxyZ2Vu?= <{address}>", f"{address} (a comment)", f"Plain Name <{address}>",
    ])


def address_field(name, addresses):
    style = chance.randrange(4)
    if style == 0:
        return [f"{name}: " + ", ".join(named(a) for a in addresses)]
    if style == 1:
        return [f"{name}: " + ",\n\t".join(named(a) for a in addresses)]
    if style == 2:
        return [f"{name}: Team: " + ", ".join(addresses) + ";"]
    return [f"{name.upper()}: {named(a)}" for a in addresses]


OPTIONAL = [
    "Auto-Submitted: auto-generated", "Return-Path: <bounce@contoso.com>", "Precedence: bulk",
    "List-Unsubscribe: <https://contoso.com/u?id=1>", "List-Id: Figures <figures.contoso.com>",
    "X-Mailer: nightly job 1.0", "X-Priority: 1", "Importance: high", "X-Custom: one", "X-Folded: a\n b\n\tc",
    "DKIM-Signature: v=1; a=rsa-sha256; d=contoso.com; s=s1; h=from:to; bh=AAAA; b=BBBB",
    "Received: from app (10.0.0.1) by relay.contoso.com; Sat, 21 Nov 2026 09:00:00 +0000",
    "Disposition-Notification-To: reports@contoso.com", "References: <a@contoso.com>\n <b@contoso.com>",
    "X-MS-Exchange-Organization-SCL: -1", "Resent-From: reports@contoso.com", "X-Empty:", "Sender: robot@contoso.com",
    "Thread-Topic: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "X-Long: " + "word " * 150,
]


def text(kind):
    words = "Grüße aus Zürich, 12 €.\nSecond line.\n.\n..dots\n"
    if kind == "plain":
        return ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"], crlf(words)
    if kind == "quoted":
        body = quopri.encodestring(words.encode()).replace(b"\n", b"\r\n")
        return ["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"], body
    if kind == "latin":
        return ["Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit"], b"Gr\xfc\xdfe\r\n"
    if kind == "none":
        return [], crlf("No MIME at all.\n")
    if kind == "alternative":
        body = (
            '--alt\nContent-Type: text/plain\n\nplain\n--alt\nContent-Type: multipart/related; boundary="rel"\n\n'
            '--rel\nContent-Type: text/html\n\n<img src="cid:1">\n--rel\nContent-Type: image/png\nContent-ID: <1>\n'
            "Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--rel--\n--alt--\n")
        return ['Content-Type: multipart/alternative; boundary="alt"'], crlf(body)
    if kind == "calendar":
        body = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n"
        return ["Content-Type: text/calendar; method=REQUEST"], crlf(body)
    if kind == "signed":
        body = "--sig\nContent-Type: text/plain\n\nsigned\n--sig\nContent-Type: application/pkcs7-signature\n\nMIIB\n--sig--\n"
        return ['Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="sig"'], crlf(body)
    if kind == "forwarded":
        body = "--f\nContent-Type: message/rfc822\n\nTo: stranger@example.net\nSubject: inner\n\nTo: body@example.net\n--f--\n"
        return ['Content-Type: multipart/mixed; boundary="f"'], crlf(body)
    size = 2_600_000 if kind == "large" else chance.choice([10, 5_000, 120_000])
    data = base64.encodebytes(chance.randbytes(size)).decode()
    body = (
        "--m\nContent-Type: text/plain\n\nSee the attachment.\n--m\nContent-Type: application/pdf\n"
        'Content-Disposition: attachment; filename="=?utf-8?q?Gr=C3=BC=C3=9Fe=2Epdf?="\n'
        f"Content-Transfer-Encoding: base64\n\n{data}\n--m--\n")
    return ['Content-Type: multipart/mixed; boundary="m"'], crlf(body)


KINDS = ["plain", "quoted", "latin", "none", "alternative", "calendar", "signed", "forwarded", "attachment"]


def message(number):
    subject = f"{prefix}-{number:04}"
    recipients = people(5)
    shown = list(recipients)
    hidden = shown[1:] if chance.random() < 0.2 else []
    strangers = ["stranger@example.net"] if chance.random() < 0.1 else []
    visible = [r for r in shown if r not in hidden] + strangers
    cut = chance.randint(1, len(visible))
    fields = [f"From: {named('reports@contoso.com')}", f"Subject: {subject}"]
    fields += address_field("To", visible[:cut])
    if visible[cut:]:
        fields += address_field("Cc", visible[cut:])
    if hidden and chance.random() < 0.5:
        fields.append("Bcc: " + ", ".join(hidden))
    if chance.random() < 0.9:
        fields.append(f"Message-ID: <{prefix}.{number}.{seed}@contoso.com>")
    if chance.random() < 0.9:
        fields.append("Date: " + email.utils.formatdate(1795250000 + number))
    fields += chance.sample(OPTIONAL, chance.randint(0, 5))
    kind = "large" if number % 40 == 13 else chance.choice(KINDS)
    more, body = text(kind)
    fields += (["MIME-Version: 1.0"] if more else []) + more
    head = fields[:1] + chance.sample(fields[1:], len(fields) - 1)
    return subject, recipients, crlf("\n".join(head) + "\n\n") + body


acknowledged = {}
try:
    client = smtplib.SMTP("127.0.0.1", port, timeout=30)
    client.ehlo("app.test")
    for number in range(count):
        subject, recipients, data = message(number)
        client.mail("reports@contoso.com", ["BODY=8BITMIME"])
        for recipient in recipients:
            client.rcpt(recipient)
        code, words = client.data(data)
        if code == 250:
            acknowledged[subject] = words.decode().split()[-1]
    client.quit()
except (OSError, smtplib.SMTPException):
    pass  # The service died; what it has answered counts.
print(json.dumps({"acknowledged": acknowledged}))
