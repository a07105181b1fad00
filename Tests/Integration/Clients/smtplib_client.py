"""Python's own SMTP client: sends each file as one message over one connection.

smtplib_client.py PORT SENDER RECIPIENT,RECIPIENT… FILE…
"""
import pathlib
import smtplib
import sys

port, sender, recipients, *files = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", int(port), local_hostname="client.test", timeout=60) as client:
    for file in files:
        refused = client.sendmail(sender, recipients.split(","), pathlib.Path(file).read_bytes(), ["BODY=8BITMIME"])
        assert not refused, refused
