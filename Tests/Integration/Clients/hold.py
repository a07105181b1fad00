"""Opens COUNT connections to a listener, says `held` once all are greeted, and keeps them until it is ended.

hold.py PORT COUNT
"""
import signal
import socket
import sys

port, count = map(int, sys.argv[1:])
connections = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]
for connection in connections:
    connection.recv(1000)
print("held", flush=True)
signal.pause()
