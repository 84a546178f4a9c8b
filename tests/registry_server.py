"""Run the real registry (Debian's docker-registry) and push to it with skopeo."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from images import Image, Layout

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = shutil.which("docker-registry") or shutil.which("registry")
SKOPEO = shutil.which("skopeo")
_REQUEST = re.compile(r'"(HEAD|GET|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.[01]" (\d+)')


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    status: int
    agent: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Registry:
    """A running registry; `settings` are merged into its configuration."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    credentials: str | None = None
    certificates: Path | None = None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    pushed: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    def start(self) -> Registry:
        self.folder.mkdir(parents=True, exist_ok=True)
        http = {"addr": self.host, "secret": "x", **self.settings.get("http", {})}
        others = {key: value for key, value in self.settings.items() if key != "http"}
        configuration = {
            "version": 0.1,
            "log": {"level": "error"},
            "storage": {
                "filesystem": {"rootdirectory": str(self.folder / "data")},
                "delete": {"enabled": True},
            },
            "compatibility": {"schema1": {"enabled": True}},
            **others,
            "http": http,
        }
        file = self.folder / "config.json"  # JSON is YAML
        file.write_text(json.dumps(configuration))
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", str(file)], stdout=log, stderr=log)
        self._wait()
        return self

    def _wait(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log_file.read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def requests(self, agent: str = "pinner/") -> list[Request]:
        """The requests that a program made so far, as the access log has them."""
        found = []
        for line in self.log_file.read_text(errors="replace").splitlines():
            match = _REQUEST.search(line)
            if match and agent in line.rpartition('" "')[2]:
                found.append(Request(match[1], match[2], int(match[3]), agent))
        return found

    def push(self, name: str, image: Image, image_format: str = "oci") -> str:
        """Push an image as `repository:tag`; gives the digest that the registry has then."""
        self.pushed += 1
        layout = Layout(self.folder / f"layout-{self.pushed}")
        layout.add("image", image)
        command = [SKOPEO, "copy", "--quiet", "--insecure-policy", "--all"]
        command += ["--format", image_format, *self._access("dest")]
        target = f"docker://{self.host}/{name}"
        subprocess.run(
            [*command, f"oci:{layout.folder}:image", target], check=True, capture_output=True
        )
        return self.digest(name)

    def delete(self, repository: str, digest: str) -> None:
        """Delete a manifest, and with it every tag that points there."""
        self.skopeo("delete", f"docker://{self.host}/{repository}@{digest}")

    def digest(self, name: str) -> str:
        """What skopeo says about a tag: the digest of its raw manifest."""
        raw = self.skopeo("inspect", "--raw", f"docker://{self.host}/{name}")
        done = subprocess.run(
            [SKOPEO, "manifest-digest", "/dev/stdin"], input=raw, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def skopeo(self, verb: str, *arguments: str) -> bytes:
        command = [SKOPEO, verb, *self._access(""), *arguments]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def _access(self, side: str) -> list[str]:
        prefix = f"{side}-" if side else ""
        options = [f"--{prefix}tls-verify=false"]
        if self.certificates:
            options = [f"--{prefix}cert-dir", str(self.certificates)]
        if self.credentials:
            options += [f"--{prefix}creds", self.credentials]
        return options
