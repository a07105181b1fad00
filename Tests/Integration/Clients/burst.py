"""Hands in many small messages over several connections, and reports which were answered 250.

Prints {"acknowledged": {subject: queue id, ...}, "refused": [reply, ...]}. With --kill PID --after N the process gets SIGKILL
as soon as N messages are acknowledged. With --until-death, and with --kill, it is no error that connections are lost. Each
--every Nth message has --size bytes, the others 600. With --rate R message n is not handed in before n/R seconds have passed.
"""
import argparse
import json
import os
import re
import signal
import smtplib
import sys
import threading
import time

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, required=True)
options.add_argument("--count", type=int, required=True)
options.add_argument("--connections", type=int, default=8)
options.add_argument("--senders", default="reports@contoso.com")
options.add_argument("--to", default="customer@example.org")
options.add_argument("--prefix", default="message")
options.add_argument("--size", type=int, default=600)
options.add_argument("--every", type=int, default=1)
options.add_argument("--until-death", action="store_true")
options.add_argument("--rate", type=float)
options.add_argument("--kill", type=int)
options.add_argument("--after", type=int, default=0)
options = options.parse_args()

senders, recipients = options.senders.split(","), options.to.split(",")
numbers = iter(range(options.count))
lock = threading.Lock()
acknowledged, refused, broken = {}, [], []
begin = time.monotonic()


def message(subject, sender, size):
    lines = [
        f"From: <{sender}>", f"To: {', '.join(f'<{name}>' for name in recipients)}", f"Subject: {subject}",
        f"Message-ID: <{subject}@client.test>", "Date: Sat, 21 Nov 2026 09:30:00 +0000", "", "",
    ]
    filler = "The quick brown fox jumps over the lazy dog, and the report is attached.\r\n"
    text = filler * (size // len(filler) + 1)
    return ("\r\n".join(lines) + text[:size] + "\r\n").encode()


def submit(client, number):
    sender, subject = senders[number % len(senders)], f"{options.prefix}-{number:05}"
    client.mail(sender)
    for recipient in recipients:
        client.rcpt(recipient)
    code, text = client.data(message(subject, sender, options.size if number % options.every == 0 else 600))
    with lock:
        if code != 250:
            refused.append(f"{code} {text.decode(errors='replace')}")
            return
        acknowledged[subject] = re.search(r"queued as (\S+)", text.decode()).group(1)
        if options.kill and len(acknowledged) == options.after:
            os.kill(options.kill, signal.SIGKILL)


def work():
    try:
        client = smtplib.SMTP("127.0.0.1", options.port, local_hostname="client.test", timeout=60)
        client.ehlo()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            if options.rate:
                time.sleep(max(0, begin + number / options.rate - time.monotonic()))
            submit(client, number)
        client.quit()
    except (OSError, smtplib.SMTPException) as error:
        with lock:
            broken.append(repr(error))


threads = [threading.Thread(target=work) for _ in range(options.connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if broken and not (options.kill or options.until_death):
    print("\n".join(broken), file=sys.stderr)
    sys.exit(1)
print(json.dumps({"acknowledged": acknowledged, "refused": refused}))
