"""A Postfix of its own below a directory, as a submission host: STARTTLS, then AUTH, then mail into one maildir.

postfix_submission.py start DIR USER PASSWORD CERTIFICATE KEY   prints {"port": N}, once it answers there
postfix_submission.py kill DIR                                  SIGKILL for all of its processes
postfix_submission.py again DIR                                 starts it on the same queue and port
postfix_submission.py mail DIR                                  prints [{"subject", "queue_id", "file"}, ...]
postfix_submission.py stop DIR
Postfix insists on root, and on a directory that its own user may walk through.
"""
import email
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys

import postfix_relay

REALM = "submission.test"

MAIN = """
compatibility_level = 3.6
myhostname = submission.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = submission.test
cyrus_sasl_config_path = {root}/etc/sasl
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {root}/etc/certificate.pem
smtpd_tls_key_file = {root}/etc/key.pem
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
virtual_mailbox_domains = example.org
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:inbox/
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
message_size_limit = 40000000
alias_maps =
alias_database =
config_directory = {root}/etc
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
notify_classes =
"""

MORE = """
virtual   unix  - n n -     - virtual
tlsmgr    unix  - - n 1000? 1 tlsmgr
"""

SASL = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {root}/etc/sasl/users
mech_list: PLAIN LOGIN
"""


def set_up(root, user, password, certificate, key):
    port = postfix_relay.free_port()
    owner = pwd.getpwnam("postfix")
    for name in ["etc/sasl", "queue", "data", "mail"]:
        os.makedirs(f"{root}/{name}", exist_ok=True)
    for name in ["data", "mail"]:
        os.chown(f"{root}/{name}", owner.pw_uid, owner.pw_gid)
    etc = pathlib.Path(f"{root}/etc")
    (etc / "main.cf").write_text(MAIN.format(root=root, uid=owner.pw_uid, gid=owner.pw_gid))
    (etc / "master.cf").write_text(postfix_relay.MASTER.format(port=port) + MORE)
    (etc / "port").write_text(str(port))
    shutil.copy(certificate, etc / "certificate.pem")
    shutil.copy(key, etc / "key.pem")
    pathlib.Path(f"{root}/etc/sasl/smtpd.conf").write_text(SASL.format(root=root))
    enter(root, user, password)
    os.chown(f"{root}/etc/sasl/users", owner.pw_uid, owner.pw_gid)


def enter(root, user, password):
    command = ["saslpasswd2", "-p", "-c", "-f", f"{root}/etc/sasl/users", "-u", REALM, user]
    subprocess.run(command, input=password, text=True, check=True)


def start(root):
    postfix_relay.postfix(root, "start")
    port = int(pathlib.Path(f"{root}/etc/port").read_text())
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        assert connection.recv(1000).startswith(b"220")
    print(json.dumps({"port": port}))


def children(parent):
    for place in pathlib.Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                words = (place / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(words[1]) == parent:
                yield int(place.name)


def kill(root):
    """The master is stopped first, so that it starts none while the others go."""
    master = int(pathlib.Path(f"{root}/queue/pid/master.pid").read_text())
    os.kill(master, signal.SIGSTOP)
    for process in [*children(master), master]:
        os.kill(process, signal.SIGKILL)


def mail(root):
    """What lies in the maildir; Postfix's own Received field names the queue file it came from."""
    found = []
    for file in sorted(pathlib.Path(f"{root}/mail/inbox/new").glob("*")):
        message = email.message_from_bytes(file.read_bytes())
        queue_id = re.search(r"with \w+ id (\w+)", message.get_all("Received")[0]).group(1)
        found.append({"subject": message["Subject"], "queue_id": queue_id, "file": str(file)})
    print(json.dumps(found))


verb, root, *rest = sys.argv[1:]
if verb == "start":
    set_up(root, *rest)
    start(root)
elif verb == "again":
    start(root)
elif verb == "kill":
    kill(root)
elif verb == "mail":
    mail(root)
else:
    postfix_relay.stop(root)
