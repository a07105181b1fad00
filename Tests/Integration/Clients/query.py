"""Runs one statement on a store, read-only and beside the service, and prints JSON.

query.py table STORE SQL   {"columns": [...], "rows": [[text, ...], ...]}
query.py rows STORE SQL    [{"column": value, ...}, ...]
"""
import json
import os
import sqlite3
import sys

form, path, sql = sys.argv[1:]
if not os.path.exists(path):
    print(json.dumps({"columns": [], "rows": []} if form == "table" else []))
    sys.exit(0)
connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
cursor = connection.execute(sql)
columns = [column[0] for column in cursor.description]
rows = cursor.fetchall()
if form == "table":
    texts = [[None if value is None else str(value) for value in row] for row in rows]
    print(json.dumps({"columns": columns, "rows": texts}))
else:
    print(json.dumps([dict(zip(columns, row)) for row in rows], default=lambda blob: blob.decode("latin-1")))
