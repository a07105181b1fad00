"""Plays a conversation with an SMTP listener, byte for byte; see Support/Dialogue.swift.

Reads {"port", "implicit", "source", "steps": [["send", latin1] | ["reply"] | ["starttls"], ...]} from standard input and prints
{"replies": [...]}; a closed connection is an empty reply and ends the conversation.
"""
import json
import socket
import ssl
import sys

script = json.load(sys.stdin)
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
source = (script["source"], 0) if script.get("source") else None
connection = socket.create_connection(("127.0.0.1", script["port"]), timeout=60, source_address=source)
if script["implicit"]:
    connection = context.wrap_socket(connection)
buffer, replies = b"", []


class Closed(Exception):
    pass


def line():
    global buffer
    while b"\r\n" not in buffer:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            raise Closed
        buffer += more
    text, buffer = buffer.split(b"\r\n", 1)
    return text.decode("latin-1")


def reply():
    lines = [line()]
    while lines[-1][3:4] == "-":
        lines.append(line())
    return "\n".join(lines)


try:
    for step in script["steps"]:
        if step[0] == "send":
            try:
                connection.sendall(step[1].encode("latin-1"))
            except (BrokenPipeError, ConnectionResetError):
                raise Closed
        elif step[0] == "reply":
            replies.append(reply())
        else:
            connection.sendall(b"STARTTLS\r\n")
            replies.append(reply())
            connection = context.wrap_socket(connection)
except Closed:
    replies.append("")
print(json.dumps({"replies": replies}))
