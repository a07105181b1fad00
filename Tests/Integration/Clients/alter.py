"""Works on a store as no Postern does: runs statements on it, or keeps it locked.

alter.py STORE run SQL…     each in one transaction of its own
alter.py STORE lock SECONDS says `locked`, and lets go in the end
"""
import sqlite3
import sys
import time

path, verb, *words = sys.argv[1:]
store = sqlite3.connect(path, isolation_level=None, timeout=60)
if verb == "lock":
    store.execute("BEGIN EXCLUSIVE")
    print("locked", flush=True)
    time.sleep(float(words[0]))
    store.execute("ROLLBACK")
else:
    for statement in words:
        store.execute(statement)
