"""An editor, as far as a language server can tell: it opens files, and asks what it shows."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PATIENCE_SECONDS = 120
_SETTINGS = {
    "validate": True,
    "hover": True,
    "completion": True,
    "schemaStore": {"enable": False},  # nothing is asked beyond this machine
}


@dataclass(frozen=True)
class Mark:
    """What is underlined; line and column count from 1."""

    line: int
    column: int
    message: str


@dataclass
class Editor:
    """One session with a language server."""

    to_server: IO[bytes]
    from_server: IO[bytes]
    asked: int = 0
    opened: dict[str, list[Mark]] = field(default_factory=dict)

    def marks(self, path: Path, text: str) -> list[Mark]:
        """Open a file with a text that need not lie there; what is underlined in it."""
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self.opened:
            self._receive()
        return sorted(self.opened[uri], key=lambda mark: mark.line)

    def completions(self, path: Path, line: int, column: int) -> set[str]:
        """What is offered at a place of an open file."""
        found = self._ask("textDocument/completion", _at(path, line, column))
        return {item["label"] for item in found["items"]}

    def hover(self, path: Path, line: int, column: int) -> str:
        """What is shown when the mouse rests on a place of an open file."""
        found = self._ask("textDocument/hover", _at(path, line, column))
        return str(found["contents"]["value"])

    def start(self) -> None:
        """Begin the session."""
        text: dict[str, Any] = {"publishDiagnostics": {}, "completion": {}, "hover": {}}
        offered = {"textDocument": text, "workspace": {"configuration": True}}
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": offered})
        self._tell("initialized", {})

    def _ask(self, method: str, params: Any) -> Any:
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self.asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0"} | message).encode()
        self.to_server.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self.to_server.flush()

    def _receive(self) -> dict[str, Any]:
        """The next message; what the server asks is answered, what it underlines is kept."""
        size = 0
        while line := self.from_server.readline().strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        assert size, "the language server has ended"
        message: dict[str, Any] = json.loads(self.from_server.read(size))
        params: Any = message.get("params")
        if message.get("method") == "textDocument/publishDiagnostics":
            self.opened[params["uri"]] = [_mark(found) for found in params["diagnostics"]]
        elif message.get("method") == "workspace/configuration":
            wanted = [_SETTINGS if i["section"] == "yaml" else {} for i in params["items"]]
            self._send({"id": message["id"], "result": wanted})
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message


@contextmanager
def editor(command: list[str]) -> Iterator[Editor]:
    """A session with a server of its own, which never lasts for ever."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        limit = threading.Timer(PATIENCE_SECONDS, process.kill)
        limit.start()
        try:
            assert process.stdin
            assert process.stdout
            made = Editor(process.stdin, process.stdout)
            made.start()
            yield made
        finally:
            limit.cancel()
            process.kill()


def _at(path: Path, line: int, column: int) -> dict[str, Any]:
    position = {"line": line - 1, "character": column - 1}
    return {"textDocument": {"uri": path.as_uri()}, "position": position}


def _mark(found: dict[str, Any]) -> Mark:
    start = found["range"]["start"]
    return Mark(start["line"] + 1, start["character"] + 1, found["message"])
