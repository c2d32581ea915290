"""A real headless browser, driven by the W3C WebDriver protocol over its own HTTP interface."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def missing() -> str:
    """Why there is no browser on this machine; empty when there is one."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


class Browser:
    """One window. Close it when done."""

    def __init__(self, width: int = 1100, height: int = 1400) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="browser-")
        self.process = subprocess.Popen(
            ["chromedriver", f"--port={port}", "--log-level=OFF"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
        )
        self.http = requests.Session()
        self.http.trust_env = False
        self.base = f"http://127.0.0.1:{port}"
        options = {
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--disable-dev-shm-usage",
                f"--window-size={width},{height}",
                f"--user-data-dir={self.folder}/profile",
            ]
        }
        self._wait_until_ready()
        asked = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self.session = self._call("POST", "/session", asked)["sessionId"]

    def close(self) -> None:
        try:
            self._call("DELETE", f"/session/{self.session}")
        finally:
            self.process.terminate()
            self.process.wait(20)
            shutil.rmtree(self.folder, ignore_errors=True)

    def open(self, url: str) -> None:
        self._ask("url", url=url)

    @property
    def url(self) -> str:
        return str(self._call("GET", f"/session/{self.session}/url"))

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script in the page returns."""
        return self._ask("execute/sync", script=script, args=list(arguments))

    def type(self, selector: str, text: str) -> None:
        """Types into a field, as a person would."""
        element = self._find(selector)
        self._ask(f"element/{element}/value", text=text)

    def click(self, selector: str) -> None:
        element = self._find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", {ELEMENT: element})
        self._ask(f"element/{element}/click")

    def picture(self, path: Path) -> None:
        """The window as a PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", f"/session/{self.session}/screenshot")))

    def whole_page(self, path: Path, width: int) -> None:
        """The whole page as a PNG, as wide as asked for."""
        self._ask("window/rect", width=width, height=900)
        height = int(self.run("return document.documentElement.scrollHeight"))
        self._ask("window/rect", width=width, height=min(height + 150, 12_000))
        self.picture(path)

    def wait(self, condition: str, seconds: float = 30) -> Any:
        """Waits until a script's result is true, and returns it."""
        end = time.monotonic() + seconds
        while True:
            found = self.run(f"return {condition}")
            if found:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"{condition} at {self.url}")
            time.sleep(0.1)

    # --- the protocol ------------------------------------------------------------------------------------

    def _find(self, selector: str) -> str:
        found = self._ask("element", using="css selector", value=selector)
        return str(found[ELEMENT])

    def _ask(self, command: str, **parameters: Any) -> Any:
        return self._call("POST", f"/session/{self.session}/{command}", parameters)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = self.http.request(method, self.base + path, json=body if method == "POST" else None, timeout=180)
        value = answer.json()["value"]
        if answer.status_code >= 400:
            raise RuntimeError(f"{path}: {value['error']}: {value['message'][:300]}")
        return value

    def _wait_until_ready(self) -> None:
        for _attempt in range(100):
            try:
                if self.http.get(f"{self.base}/status", timeout=5).json()["value"]["ready"]:
                    return
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")
