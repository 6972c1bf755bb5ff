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


def ask() -> None:
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=30)
    while not end.is_set():
        try:
            connection.request("GET", url.path, headers={"Host": sys.argv[2]})
            reply = connection.getresponse()
            reply.read()
            counts[str(reply.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            counts[repr(error)] += 1
            connection.close()
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
