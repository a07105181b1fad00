"""A webhook's receiver: says where it listens on standard error, answers every POST with 200, or with --refuse N first with
500, and prints each body that it took as a line.
"""
import argparse
import http.server
import sys

options = argparse.ArgumentParser()
options.add_argument("--refuse", type=int, default=0)
options = options.parse_args()


class Receiver(http.server.BaseHTTPRequestHandler):
    left_to_refuse = options.refuse

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        is_refused = Receiver.left_to_refuse > 0
        if is_refused:
            Receiver.left_to_refuse -= 1
        else:
            print(body, flush=True)
        self.send_response(500 if is_refused else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(f"ready http://127.0.0.1:{server.server_address[1]}", file=sys.stderr, flush=True)
server.serve_forever()
