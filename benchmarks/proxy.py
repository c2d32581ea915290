"""A proxy on this machine that counts what goes through, and can add a latency to each request and new connection."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import urlsplit


@dataclass
class Seen:
    """What went through; ``received``: bytes of answers, ``seconds``: from the first request to the last answer."""

    requests: int = 0
    connections: int = 0
    received: int = 0
    first: float = 0.0
    last: float = 0.0

    @property
    def seconds(self) -> float:
        return self.last - self.first


class Proxy:
    """Plain HTTP/1.1, a connection to the server for each of a client."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.latency = 0.0
        self.seen = Seen()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.connections += 1
        opened = time.perf_counter()
        await asyncio.sleep(self.latency)  # the handshake
        server = await asyncio.open_connection(self.host, self.port, limit=2**20)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.seen.first = self.seen.first or opened
                self.seen.requests += 1
                body = await self.body(head, reader)
                await asyncio.sleep(self.latency)
                server[1].write(head + body)
                await server[1].drain()
                answer = await server[0].readuntil(b"\r\n\r\n")
                status = answer.split(b" ", 2)[1]
                bare = head.startswith(b"HEAD ") or status in (b"204", b"304") or status.startswith(b"1")
                ends = not bare and b"content-length:" not in answer.lower() and b"chunked" not in answer.lower()
                content = b"" if bare else await (server[0].read() if ends else self.body(answer, server[0]))
                self.seen.received += len(answer) + len(content)
                writer.write(answer + content)
                await writer.drain()
                self.seen.last = time.perf_counter()
                if ends or b"connection: close" in answer.lower():
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            for each in (writer, server[1]):
                each.close()

    async def body(self, head: bytes, reader: asyncio.StreamReader) -> bytes:
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
        if fields.get(b"transfer-encoding", b"").strip() == b"chunked":
            found = b""
            while True:
                line = await reader.readuntil(b"\r\n")
                size = int(line.split(b";")[0], 16)
                found += line + await reader.readexactly(size + 2)
                if not size:
                    return found
        return await reader.readexactly(int(fields.get(b"content-length", b"0")))


def run_proxy(host: str, port: int, talk: Connection) -> None:
    """A process of its own: it must not wait for what it measures."""

    async def main() -> None:
        proxy = Proxy(host, port)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2**20)
        talk.send(server.sockets[0].getsockname()[1])
        while True:
            if not await asyncio.to_thread(talk.poll, 0.2):
                continue
            latency = talk.recv()
            if latency is None:
                return
            talk.send(proxy.seen)
            proxy.seen, proxy.latency = Seen(), latency

    asyncio.run(main())


class Meter:
    """The proxy as seen from here. ``url``: the server's, through it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.talk, theirs = multiprocessing.Pipe()
        arguments = (parts.hostname, parts.port or 80, theirs)
        self.process = multiprocessing.Process(target=run_proxy, args=arguments, daemon=True)
        self.process.start()
        self.url = f"http://127.0.0.1:{self.talk.recv()}{parts.path}"

    def measure(self, latency: float, work: Callable[[], None]) -> Seen:
        self.talk.send(latency)
        self.talk.recv()
        work()
        self.talk.send(0.0)
        seen: Seen = self.talk.recv()
        return seen

    def close(self) -> None:
        self.talk.send(None)
        self.process.join(timeout=5)
