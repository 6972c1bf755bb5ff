"""A relay in the path of TCP connections that can disturb them: relay.py ADDRESS URL...

It listens on that address, on one port for each URL.

It needs no privilege, unlike network namespaces. What the ends see is what a network does to them:
  pass   everything gets through
  delay  every piece comes so many milliseconds later
  stall  nothing gets through, and nobody is told, as when all packets are lost
  drop   connections break and none is accepted, as when a host is down
Commands come as lines on standard input: MODE [MILLISECONDS]. Relay starts it.
"""
from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

PASS, DELAY, STALL, DROP = MODES = ("pass", "delay", "stall", "drop")
PIECE = 1 << 16
STOP_LIMIT = 20.0


class Relay:
    """The process; `endpoints` lead to the URLs that it was given, in that order."""

    def __init__(self, urls: list[str], address: str = "127.0.0.1") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(Path(__file__).resolve()), address, *urls],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.endpoints = [f"http://{address}:{port}"
                          for port in json.loads(self.process.stdout.readline())]

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def become(self, mode: str, milliseconds: int = 0) -> None:
        """From now on, also for connections that there are. Returns when it is so."""
        assert mode in MODES and self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{mode} {milliseconds}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == f"{mode}\n"

    def stop(self) -> None:
        """Connections break."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(STOP_LIMIT)
        finally:
            self.process.kill()
            if self.process.stdout:
                self.process.stdout.close()


class Traffic:
    """All connections of the process."""

    def __init__(self) -> None:
        self._mode = PASS
        self._seconds = 0.0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def become(self, mode: str, milliseconds: int) -> None:
        self._mode = mode
        self._seconds = milliseconds / 1000
        if mode == STALL:
            self._flowing.clear()
        else:
            self._flowing.set()
        if mode == DROP:
            for writer in self._writers:
                writer.transport.abort()

    async def accept(self, url: str, reader: asyncio.StreamReader,
                     writer: asyncio.StreamWriter) -> None:
        """One connection to the target, until either end closes it."""
        target: asyncio.StreamWriter | None = None
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            if self._mode == DROP:
                return
            parts = urlsplit(url)
            answers, target = await asyncio.open_connection(parts.hostname, parts.port)
            self._writers.add(target)
            await asyncio.gather(self._pump(reader, target), self._pump(answers, writer))
        except OSError:
            pass
        finally:
            for end in (writer, target):
                if end:
                    self._writers.discard(end)
                    end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            if self._mode == DELAY:
                await asyncio.sleep(self._seconds)
            await self._flowing.wait()
            if self._mode == DROP:
                raise ConnectionResetError
            writer.write(piece)
            await writer.drain()
        await self._flowing.wait()
        if writer.can_write_eof():
            writer.write_eof()


async def serve(address: str, urls: list[str]) -> None:
    """Until standard input ends."""
    traffic = Traffic()
    ports = []
    for url in urls:
        server = await asyncio.start_server(
            lambda reader, writer, url=url: traffic.accept(url, reader, writer), address, 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        mode, milliseconds = line.split()
        traffic.become(mode, int(milliseconds))
        print(mode, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2:]))
