"""A large message: written, and read.

large.py make FILE SIZE… [--signed]   writes one with an attachment of each size; prints the digests of what is in it
large.py read FILE                    prints the digests of what is in the message, base 64 in the file
"""
import base64
import email
import email.policy
import hashlib
import json
import pathlib
import random
import sys


def digest(data):
    return hashlib.sha256(data).hexdigest()


def contents(message):
    text, files = None, []
    for part in message.walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True) or b""
        if part.get_filename() is None and part.get_content_maintype() == "text":
            text = data.decode(part.get_content_charset() or "ascii").replace("\r\n", "\n").strip()
        else:
            files.append({"name": part.get_filename(), "type": part.get_content_type(), "digest": digest(data)})
    return {"text": text, "subject": str(message["Subject"]), "files": files}


def write(file, sizes, signed):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = "Reports <reports@contoso.com>"
    message["To"] = "customer@example.org"
    message["Subject"] = "Großer Bericht"
    message["Message-ID"] = "<large@contoso.com>"
    message["X-Report"] = "annual"
    message["List-Unsubscribe"] = "<mailto:leave@contoso.com>"
    message.set_content("Guten Tag,\n\nanbei drei Dateien – siehe Anhang.\n")
    for number, size in enumerate(sizes):
        message.add_attachment(
            random.Random(number).randbytes(size), maintype="application", subtype="octet-stream",
            filename=f"Anhang {number} – ü.bin")
    data = message.as_bytes()
    if signed:
        data = data.replace(b"multipart/mixed", b"multipart/signed; protocol=\"application/pgp-signature\"", 1)
    pathlib.Path(file).write_bytes(data)
    return contents(email.message_from_bytes(data, policy=email.policy.default))


if sys.argv[1] == "make":
    arguments = sys.argv[3:]
    result = write(sys.argv[2], [int(size) for size in arguments if size != "--signed"], "--signed" in arguments)
else:
    data = base64.b64decode(pathlib.Path(sys.argv[2]).read_bytes())
    result = contents(email.message_from_bytes(data, policy=email.policy.default))
json.dump(result, sys.stdout)
