"""Asks for a URL until standard input ends; prints how often which status came.

    ask.py URL HOST
"""
import collections
import http.client
import json
import sys
import threading
import time
import urllib.parse

CLIENTS = 8
url = urllib.parse.urlsplit(sys.argv[1])
counts: collections.Counter[str] = collections.Counter()
end = threading.Event()


class Client:
    """Keeps its connection.

    One that turns out to be closed when it is used again, without a word of an answer, is no
    failure: as HTTP clients do, it asks once more, on a new one.
    """

    def __init__(self) -> None:
        self.connection = self.connect()
        self.used = False

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=30)

    def ask(self) -> str:
        try:
            self.connection.request("GET", url.path, headers={"Host": sys.argv[2]})
            reply = self.connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):
            if not self.used:
                raise
            self.connection, self.used = self.connect(), False
            return self.ask()
        self.used = True
        reply.read()
        return str(reply.status)


def ask() -> None:
    client = Client()
    while not end.is_set():
        try:
            counts[client.ask()] += 1
        except (OSError, http.client.HTTPException) as error:
            counts[repr(error)] += 1
            client = Client()
        time.sleep(0.002)


threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
for thread in threads:
    thread.start()
while not counts:
    time.sleep(0.01)
print("asking", flush=True)
sys.stdin.read()
end.set()
for thread in threads:
    thread.join()
print(json.dumps(counts))
