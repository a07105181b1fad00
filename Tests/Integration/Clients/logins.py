"""Logs in as USER with PASSWORD, many times.

logins.py crowd PORT COUNT USER PASSWORD: COUNT connections at once go as far as AUTH LOGIN's question for the password, and
the script says `asked`. At a SIGUSR1 all answer it, and it says `answered`; `in` when all are logged in. They stay so until
the script is ended.

logins.py repeat PORT COUNT USER PASSWORD: COUNT connections, one after another, each of which tries two wrong passwords, then
the right one, and leaves.
"""
import base64
import signal
import smtplib
import sys

mode, port, count, user, password = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]


def expect(code, answer):
    if answer[0] != code:
        sys.exit(f"{answer} instead of {code}")


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def connect():
    client = smtplib.SMTP("127.0.0.1", port, timeout=60)
    expect(250, client.ehlo())
    return client


def crowd():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    clients = [connect() for _ in range(count)]
    for client in clients:
        expect(334, client.docmd("AUTH", f"LOGIN {encoded(user)}"))
    print("asked", flush=True)
    signal.sigwait({signal.SIGUSR1})
    for client in clients:
        client.putcmd(encoded(password))
    print("answered", flush=True)
    for client in clients:
        expect(235, client.getreply())
    print("in", flush=True)
    signal.pause()


def repeat():
    for _ in range(count):
        client = connect()
        for code, secret in [(535, "wrong"), (535, "wrong too"), (235, password)]:
            expect(code, client.docmd("AUTH", "PLAIN " + encoded(f"\0{user}\0{secret}")))
        client.quit()


{"crowd": crowd, "repeat": repeat}[mode]()
