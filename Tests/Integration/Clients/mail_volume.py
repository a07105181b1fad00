"""Hands a Postfix mail of every kind that a log may show, then counts its log plainly.

mail_volume.py send PORT    some bursts, many recipients, a large one, one without a sender
mail_volume.py count LOG    prints {"messages", "recipients", "senders": {address: {"messages", "recipients", "minute"}}, ...}
The count goes by lines alone: each queue id at which qmgr names a sender, once.
"""
import datetime
import json
import re
import smtplib
import sys

LARGE = 2_300_000


def send(port):
    def hand(client, sender, recipients, size=100):
        lines = ("x" * 76 + "\r\n") * (size // 78)
        client.sendmail(sender, recipients, f"From: {sender or 'ghost@contoso.com'}\r\nSubject: volume\r\n\r\n{lines}")

    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=60) as client:
        for _ in range(45):
            hand(client, "reports@contoso.com", ["ann@fabrikam.com"])
        for _ in range(3):
            hand(client, "News@contoso.com", [f"user{n}@fabrikam.com" for n in range(600)])
        hand(client, "scans@contoso.com", ["ann@fabrikam.com", "bob@fabrikam.com"], LARGE)
        hand(client, "", ["ann@fabrikam.com"])
        hand(client, '"odd user"@contoso.com', ["ann@fabrikam.com"])


def count(log):
    seen, firsts = {}, {}
    for line in open(log):
        match = re.match(r"(\w+ +\d+ [\d:]+) \S+ postfix/\w+\[\d+\]: ([0-9A-F]{6,}): (.*)", line)
        if not match:
            continue
        time, queue_id, text = match.groups()
        firsts.setdefault(queue_id, datetime.datetime.strptime(f"2024 {time}", "%Y %b %d %H:%M:%S").timestamp())
        found = re.match(r"from=<(.*)>, size=(\d+), nrcpt=(\d+)", text)
        if found and queue_id not in seen:
            seen[queue_id] = (found[1].lower(), int(found[2]), int(found[3]))
    senders = {}
    for queue_id, (sender, size, recipients) in seen.items():
        senders.setdefault(sender, []).append((firsts[queue_id], size, recipients))
    print(json.dumps({
        "messages": len(seen),
        "recipients": sum(recipients for _, _, recipients in seen.values()),
        "size": sum(size for _, size, _ in seen.values()),
        "oversize": sum(size > 2_200_000 for _, size, _ in seen.values()),
        "split": sum(recipients > 500 for _, _, recipients in seen.values()),
        "senders": [{
            "sender": sender,
            "messages": len(mail),
            "recipients": sum(recipients for _, _, recipients in mail),
            "minute": max(sum(start <= time < start + 60 for time, _, _ in mail) for start, _, _ in mail),
        } for sender, mail in sorted(senders.items())],
    }))


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(int(sys.argv[2]))
    else:
        count(sys.argv[2])
