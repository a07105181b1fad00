"""Logs in with smtplib and sends one message; prints {"answer": the last reply}, whatever it was."""
import argparse
import json
import smtplib
import ssl

options = argparse.ArgumentParser()
for name in ["port", "user", "password", "mechanism", "sender", "header-from"]:
    options.add_argument(f"--{name}", required=True)
options.add_argument("--starttls", action="store_true")
options.add_argument("--implicit", action="store_true")
options = options.parse_args()

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


def connect():
    if options.implicit:
        return smtplib.SMTP_SSL("127.0.0.1", int(options.port), timeout=60, context=context)
    return smtplib.SMTP("127.0.0.1", int(options.port), timeout=60)


def conversation(client):
    client.ehlo()
    if options.starttls:
        client.starttls(context=context)
        client.ehlo()
    client.user, client.password = options.user, options.password
    exchange = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login}[options.mechanism]
    client.auth(options.mechanism, exchange, initial_response_ok=options.mechanism == "PLAIN")
    yield client.mail(options.sender)
    yield client.rcpt("customer@example.org")
    text = f"From: {options.header_from}\r\nTo: customer@example.org\r\nSubject: login\r\n\r\nText.\r\n"
    yield client.data(text.encode())


code, text = 0, b""
try:
    for code, text in conversation(connect()):
        if code >= 400:
            break
except smtplib.SMTPResponseException as error:
    code, text = error.smtp_code, error.smtp_error
print(json.dumps({"answer": f"{code} {text.decode(errors='replace')}"}))
