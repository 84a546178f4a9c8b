"""Two hundred images that are released, rebuilt, deleted, and served badly; all by a seed."""

from __future__ import annotations

import hashlib
import json
import random
import re
import struct
import threading
from dataclasses import dataclass, field
from datetime import date, timedelta
from socket import SO_LINGER, SOL_SOCKET

from scripted_server import Reply, ScriptedServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
START = date(2024, 3, 1)
_PATH = re.compile(r"/v2/(.+)/(manifests|blobs|tags)/([^?]+)")


@dataclass(frozen=True)
class Kind:
    """A rule of the configuration, and what a version may become by it, said once more."""

    rule: str
    fixed: int | None  # how many numbers may not change; None: no tag moves
    days: int = 0
    allowed: str = ""
    form: str = "{}.{}.{}"
    rebuilt: float = 0.06


KINDS = {
    "digest": Kind("", None),
    "patch": Kind('level = "patch"', 2),
    "minor": Kind('level = "minor"\ngroup = "minor"', 1),
    "major": Kind('level = "major"', 0),
    "even": Kind("level = \"major\"\nallow = '^[0-9]*[02468][.]'", 0, 0, r"\d*[02468]\."),
    "except": Kind("level = \"minor\"\nexcept = '[.]3[.]'", 1, 0, r"\d+\.(?!3\.)"),
    "scheme": Kind(
        "level = \"minor\"\nscheme = 'rel_(?P<version>\\d+_\\d+_\\d+)_x'", 1, form="rel_{}_{}_{}_x"
    ),
    "nightly": Kind('level = "digest"\nmin-age = "3d"', None, 3, rebuilt=1.0),
    "aged": Kind('level = "minor"\nmin-age = "2d"\ngroup = "aged"', 1, 2),
    "shared": Kind('level = "minor"', 1),
}


@dataclass
class Push:
    day: int
    digest: str


@dataclass
class Repository:
    host: str
    name: str
    kind: str
    tags: dict[str, list[Push]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    def push(self, day: int, tag: str, created: date | None) -> None:
        """Push an image that says when it was made; None for a date that says nothing."""
        when = f"{created or '1970-01-01'}T00:00:00Z"
        system = {"os": "linux", "architecture": "amd64", "created": when}
        config = json.dumps({**system, "config": {"Labels": {"of": f"{self.name}:{tag} {day}"}}})
        about = {"mediaType": "application/vnd.oci.image.config.v1+json",
                 "digest": self.keep(config.encode()), "size": len(config)}  # fmt: skip
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": about, "layers": []}
        self.tags.setdefault(tag, []).append(Push(day, self.keep(json.dumps(manifest).encode())))

    def keep(self, body: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self.blobs[digest] = body
        return digest

    def version(self, tag: str) -> tuple[int, ...]:
        return tuple(map(int, re.findall(r"\d+", tag)))

    def may_become(self, tag: str, new: str) -> bool:
        """Say whether the rule lets a tag become another one, or stay."""
        kind = KINDS[self.kind]
        if new == tag:
            return True
        if kind.fixed is None or self.version(new) < self.version(tag):
            return False
        same = self.version(new)[: kind.fixed] == self.version(tag)[: kind.fixed]
        return same and bool(re.match(kind.allowed, new))

    def pushed(self, tag: str, digest: str) -> int:
        """The first day on which a tag gave a digest."""
        return min(push.day for push in self.tags[tag] if push.digest == digest)


class World:
    """Repositories on three hosts, and the days that go over them."""

    def __init__(self, count: int = 200, seed: int = 13) -> None:
        self.random = random.Random(seed)
        self.trouble = random.Random(seed + 1)
        self.lock = threading.Lock()
        self.requests = self.failures = self.pauses = self.day = 0
        self.gone: dict[tuple[str, str], dict[str, list[Push]]] = {}
        self.by_path: dict[tuple[int, str], Repository] = {}
        self.calm = True
        self.servers = [ScriptedServer(self._script(number)) for number in range(3)]
        self.repositories = []
        names = list(KINDS)
        for number in range(count):
            server = number // len(names) % 3
            name = f"team/app{number}"
            one = Repository(self.servers[server].host, name, names[number % len(names)])
            self.repositories.append(one)
            self.by_path[server, name] = one
            one.push(0, KINDS[one.kind].form.format(2, 0, 0), START)

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def next_day(self) -> None:
        """Release, rebuild, retag, delete."""
        self.day += 1
        today = START + timedelta(self.day)
        for one in self.repositories:
            kind, chance = KINDS[one.kind], self.random
            tags = list(one.tags)
            newest = max(one.version(tag) for tag in tags)
            if chance.random() < 0.08:
                place = chance.choice((0, 1, 1, 2, 2, 2))
                numbers = [*newest[:place], newest[place] + 1, 0, 0][:3]
                one.push(self.day, kind.form.format(*numbers), self._date(today))
            if chance.random() < kind.rebuilt:
                one.push(self.day, tags[0] if kind.rebuilt == 1 else chance.choice(tags),
                         self._date(today))  # fmt: skip
            if len(one.tags) > 3 and chance.random() < 0.02:
                tag = chance.choice(list(one.tags)[1:])
                self.gone.setdefault((one.host, one.name), {})[tag] = one.tags.pop(tag)
            pushes = one.tags[next(iter(one.tags))]
            if len(pushes) > 3 and chance.random() < 0.05:
                one.blobs.pop(chance.choice(pushes[:-1]).digest, None)
            one.down = chance.random() < 0.003

    def _date(self, today: date) -> date | None:
        return None if self.random.random() < 0.1 else today

    def _script(self, server: int):
        def script(seen):
            with self.lock:
                self.requests += 1
                luck = 1.0 if self.calm else self.trouble.random()
                way = self.trouble.randrange(3)
                self.failures += luck < 0.02
                self.pauses += 0.02 <= luck < 0.022
            if 0.02 <= luck < 0.022:
                return Reply(429, {"Retry-After": "1"})
            if luck < 0.02 and way == 0:
                return Reply(500)
            if luck < 0.02 and way == 1:
                return Reply(raw=_reset)
            reply = self._answer(server, seen.path)
            if luck < 0.02:
                reply.headers["Content-Length"] = str(len(reply.body) + 9)
                return Reply(raw=lambda handler: _cut(handler, reply))
            return reply

        return script

    def _answer(self, server: int, path: str) -> Reply:
        match = _PATH.match(path)
        if match is None:
            return Reply()
        name, what, reference = match.groups()
        one = self.by_path.get((server, name))
        if one is None or one.down:
            return Reply(404 if one is None else 403)
        if what == "tags":
            body = json.dumps({"name": name, "tags": list(one.tags)}).encode()
            return Reply(headers={"Content-Type": "application/json"}, body=body)
        digest = one.tags[reference][-1].digest if reference in one.tags else reference
        body = one.blobs.get(digest)
        if body is None:
            return Reply(404)
        return Reply(headers={"Content-Type": MANIFEST, "Docker-Content-Digest": digest}, body=body)


def _reset(handler) -> None:
    handler.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def _cut(handler, reply: Reply) -> None:
    handler.send_response_only(reply.status)
    for key, value in reply.headers.items():
        handler.send_header(key, value)
    handler.end_headers()
    handler.wfile.write(reply.body[: len(reply.body) // 2])
