"""A Postfix of its own below a directory, relaying all it gets.

postfix_relay.py start DIR RELAY_PORT   prints {"port": N}, once it answers there
postfix_relay.py stop DIR
Postfix insists on root, and on a directory that its own user may walk through.
"""
import json
import os
import pathlib
import pwd
import random
import socket
import subprocess
import sys

MAIN = """
compatibility_level = 3.6
myhostname = postfix.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{relay}
disable_dns_lookups = yes
smtp_tls_security_level = none
smtp_line_length_limit = 0
message_size_limit = 40000000
alias_maps =
alias_database =
local_recipient_maps =
config_directory = {root}/etc
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60    1 pickup
cleanup   unix  n - n -     0 cleanup
qmgr      unix  n - n 300   1 qmgr
rewrite   unix  - - n -     - trivial-rewrite
bounce    unix  - - n -     0 bounce
defer     unix  - - n -     0 bounce
trace     unix  - - n -     0 bounce
verify    unix  - - n -     1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -     - proxymap
smtp      unix  - - n -     - smtp
relay     unix  - - n -     - smtp
error     unix  - - n -     - error
retry     unix  - - n -     - error
discard   unix  - - n -     - discard
anvil     unix  - - n -     1 anvil
scache    unix  - - n -     1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def free_port():
    """Below those that connections get at random: none may take it before Postfix does."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def postfix(root, *verb):
    result = subprocess.run(["/usr/sbin/postfix", "-c", f"{root}/etc", *verb], capture_output=True, text=True)
    if result.returncode != 0:
        log = pathlib.Path(f"{root}/log")
        sys.exit(f"postfix {' '.join(verb)}: {result.stderr}{log.read_text() if log.exists() else ''}")


def stop(root):
    """After five seconds it stops with force, and calls it a failure where there is nothing left to stop."""
    subprocess.run(["/usr/sbin/postfix", "-c", f"{root}/etc", "stop"], capture_output=True)


def start(root, relay):
    port = free_port()
    for name in ["etc", "queue", "data"]:
        os.makedirs(f"{root}/{name}", exist_ok=True)
    owner = pwd.getpwnam("postfix")
    os.chown(f"{root}/data", owner.pw_uid, owner.pw_gid)
    pathlib.Path(f"{root}/etc/main.cf").write_text(MAIN.format(root=root, relay=relay))
    pathlib.Path(f"{root}/etc/master.cf").write_text(MASTER.format(port=port))
    postfix(root, "start")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        assert connection.recv(1000).startswith(b"220")
    print(json.dumps({"port": port}))


if __name__ == "__main__":
    if sys.argv[1] == "start":
        start(sys.argv[2], sys.argv[3])
    else:
        stop(sys.argv[2])
