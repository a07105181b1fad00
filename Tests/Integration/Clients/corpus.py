"""Writes the messages that every client delivers, each difficult in its own way, as DIR/NAME.eml with CRLF line ends.

All go from reports@contoso.com to customer@example.org, so that header and envelope agree.
"""
import base64
import hashlib
import pathlib
import sys

directory = pathlib.Path(sys.argv[1])


def header(subject, *more):
    return [
        "From: Reports <reports@contoso.com>", "To: customer@example.org", f"Subject: {subject}",
        f"Message-ID: <{hashlib.sha256(subject.encode()).hexdigest()[:24]}@contoso.com>",
        "Date: Sat, 21 Nov 2026 09:30:00 +0000", "MIME-Version: 1.0", *more,
    ]


def write(name, fields, body):
    data = "\r\n".join(fields).encode() + b"\r\n\r\n" + body
    assert data.endswith(b"\r\n")
    (directory / f"{name}.eml").write_bytes(data)


def noise(length, seed):
    blocks = (hashlib.sha256(f"{seed}{number}".encode()).digest() for number in range(length // 32 + 1))
    return b"".join(blocks)[:length]


def attachment(subject, length):
    text = base64.encodebytes(noise(length, subject)).replace(b"\n", b"\r\n")
    fields = header(subject, 'Content-Type: multipart/mixed; boundary="=_border.of_parts"')
    body = (
        b"This is a message in several parts.\r\n--=_border.of_parts\r\nContent-Type: text/plain\r\n\r\n"
        b"The report is attached.\r\n--=_border.of_parts\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="report.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + text + b"--=_border.of_parts--\r\n"
    )
    return fields, body


write("plain", header("plain", "X-Keep:   blanks  stay\twhere they are"), b"One line.\r\n\r\nAnother one.\r\n")
write(
    "eight-bit",
    header("eight-bit", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"),
    "Grüße aus Zürich: 12 €, Ελληνικά, 日本語, \u00a0 and \ufeff inside.\r\n".encode() + b"Latin-1: \xe4\xf6\xfc \xff\r\n",
)
write(
    "dots", header("dots"),
    b".\r\n..\r\n...\r\n.hidden\r\nin the middle.\r\n.\r\nMAIL FROM:<x@contoso.com>\r\n. \r\n\r\n.\r\n",
)
write("long-lines", header("long-lines"), b"x" * 997 + b"\r\n" + b"." + b"y" * 996 + b"\r\n" + b"z" * 998 + b"\r\n")
write("blank-lines", header("blank-lines"), b"\r\n\r\n  \r\n\t\r\ntrailing blanks   \r\n\r\n\r\n")
write("folded", header("folded", "X-Folded: first\r\n second\r\n\tthird", "X-Empty:"), b"Folded fields stay folded.\r\n")
write("attachment", *attachment("attachment", 90_000))
write("large", *attachment("large", 1_100_000))
signed = header(
    "signed", 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="sig"')
write(
    "signed", signed,
    b"--sig\r\nContent-Type: text/plain\r\n\r\nSigned, to the last blank: \r\n\r\n--sig\r\n"
    b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"MIIBogYJKoZIhvcNAQcCoIIBkzCCAY8CAQExADALBgkqhkiG9w0BBwE=\r\n--sig--\r\n",
)
