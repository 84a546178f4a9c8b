"""Nightly jobs over a world of its own, judged by what that world knows; `make year` for 365."""

import json
import os
import re
import subprocess
import sys
import time
from datetime import timedelta

from conftest import Project
from simulated_world import KINDS, START, World

NIGHTS = int(os.environ.get("PINNER_NIGHTS", "10"))
_FROM = re.compile(r"(127\.0\.0\.1:\d+)/(team/app\d+):([^@\s]+)@(sha256:[0-9a-f]{64})")
_VALUE = re.compile(r"^ARG (V\d+)=(\S+)$", re.MULTILINE)


def write_project(project, world):
    """Dockerfiles, some with a version that two images share; compose; Kubernetes; Helm values."""
    rules, texts = [], {"compose.yaml": "services:\n", "values.yaml": ""}
    for kind, own in KINDS.items():
        images = [one for one in world.repositories if one.kind == kind]
        names = json.dumps([f"{one.host}/{one.name}" for one in images])
        rules.append(f"[[update]]\nimages = {names}\n{own.rule}\n" if own.rule else "")
        for at, one in enumerate(images):
            tag = next(iter(one.tags))
            reference = f"{one.host}/{one.name}:{tag}"
            if kind == "shared":
                file, number = f"shared{at // 2}/Dockerfile", at // 2
                text = f"FROM {one.host}/{one.name}:${{V{number}}}\n"
                texts[file] = texts.get(file, f"ARG V{number}={tag}\n") + text
            elif at % 4 == 0:
                texts[f"{kind}{at}/Dockerfile"] = f"FROM {reference}\n"
            elif at % 4 == 1:
                texts["compose.yaml"] += f"  {kind}{at}:\n    image: {reference}\n"
            elif at % 4 == 2:
                container = f"    - name: a\n      image: {reference}\n"
                texts[f"deploy/{kind}{at}.yaml"] = (
                    f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {kind}{at}\n"
                    f"spec:\n  containers:\n{container}"
                )
            else:
                texts["values.yaml"] += f"{kind}{at}:\n  image: {reference}\n"
    hosts = "".join(f'registries."{one.host}".plain-http = true\n' for one in world.servers)
    project.write("pinner.toml", hosts + "\n".join(rules))
    for file, text in texts.items():
        project.write(file, text)
    return sorted(texts)


def in_use(project, files):
    """Read the files without pinner: what each image is pinned to."""
    found = {}
    for file in files:
        text = project.read(file)
        for name, value in _VALUE.findall(text):
            text = text.replace(f"${{{name}}}", value)
        found |= {(host, name): (tag, digest) for host, name, tag, digest in _FROM.findall(text)}
    return found


def judge(world, one, before, after, waiting):
    """Give what is wrong with a night for an image; `waiting` counts the nights that it is due."""
    (tag, digest), (new_tag, new_digest) = before, after
    kind, key = KINDS[one.kind], (one.host, one.name)
    history = {**world.gone.get(key, {}), **one.tags}
    wrong = []
    if after != before:
        pushes = {push.digest: push.day for push in reversed(history[new_tag])}
        if not one.may_become(tag, new_tag):
            wrong.append("past its rule, or back")
        if new_digest not in pushes:
            return [*wrong, "to a digest that its tag never gave"]
        if new_tag == tag and digest in pushes and pushes[new_digest] < pushes[digest]:
            wrong.append("back to an older digest")
        if world.day - pushes[new_digest] < kind.days:
            wrong.append(f"to a digest of day {pushes[new_digest]}, before its age")
    nights = waiting.get(key, 0)
    waiting[key] = nights + 1 if nights < 0 or due(world, one, after) else 0
    if waiting[key] > 1:
        wrong.append("could have moved, and did not")
    return wrong


def excuse(one):
    """Where sightings are lost or could not be made, what is new then is a whole age away."""
    return -2 - KINDS[one.kind].days


def due(world, one, current):
    """Say whether something that is old enough was there for the taking."""
    tag, digest = current
    days = KINDS[one.kind].days
    if one.kind == "shared":
        return False  # judged in pairs
    for other, pushes in one.tags.items():
        if other != tag and one.may_become(tag, other) and pushes[-1].day <= world.day - days:
            return True
    pushes = one.tags.get(tag, [])
    used = max((push.day for push in pushes if push.digest == digest), default=world.day)
    aged = [push for push in pushes if push.day <= world.day - days and push.digest in one.blobs]
    return bool(aged) and aged[-1].day > used


def shared_is_due(world, pair, current):
    """Say whether a version that both images of a value have was there for the taking."""
    tag = current[pair[0].host, pair[0].name][0]
    both = set(pair[0].tags) & set(pair[1].tags)
    return any(
        other != tag
        and pair[0].may_become(tag, other)
        and not any(is_older_build(one, other, *current[one.host, one.name]) for one in pair)
        for other in both
    )


def is_older_build(one, other, tag, digest):
    """Say whether a version was built a week or more before the image in use: then it is none."""
    history = one.tags.get(tag, [])
    used = max((push.day for push in history if push.digest == digest), default=None)
    return used is not None and used - one.tags[other][-1].day >= 7


def night(project, state, world, *more):
    moment = f"{START + timedelta(world.day)}T04:00:00Z"
    arguments = ("update", "--state", str(state), "--now", moment, "--format", "json", *more)
    return subprocess.Popen(
        [sys.executable, "-m", "pinner", *arguments], cwd=project.root,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_year_of_nights(project, tmp_path):  # noqa: PLR0915 - night after night
    begun, world, state = time.monotonic(), World(), tmp_path / "state.json"
    files = write_project(project, world)
    done = project.pinner("lock")
    assert done.code == 0, done
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=first")
    world.calm = False
    current, waiting, wrong, moves, failed = in_use(project, files), {}, [], 0, 0
    assert len(current) == len(world.repositories)
    pairs = [one for one in world.repositories if one.kind == "shared"]
    for _ in range(NIGHTS):
        world.next_day()
        if world.day == NIGHTS // 2:
            state.unlink()
            waiting = {(one.host, one.name): excuse(one) for one in world.repositories}
        head = project.git("rev-parse", "HEAD").strip()
        other = None
        if world.day % 9 == 8:
            copy = Project(tmp_path / f"copy{world.day}")
            project.git("clone", "--quiet", ".", str(copy.root))
            other = night(copy, state, world, "--commit")
        job = night(project, state, world, "--commit")
        out, err = job.communicate()
        if other is not None:
            said = other.communicate()
            assert other.returncode in (0, 3), said
        assert out, (world.day, err)
        data = json.loads(out)
        failures = {row["reference"] for row in data["outcomes"] if row["action"] == "failed"}
        assert job.returncode == (3 if failures else 0), (world.day, err)
        failed += len(failures)
        down = [one for one in world.repositories if one.down]
        assert all(any(one.name in text for text in failures) for one in down), (world.day, err)
        after = in_use(project, files)
        assert after.keys() == current.keys()
        for one in world.repositories:
            key = (one.host, one.name)
            if any(f"{one.name}:" in text for text in failures):
                waiting[key] = excuse(one)
            found = judge(world, one, current[key], after[key], waiting)
            wrong += [
                f"day {world.day}, {one.kind} {one.name}, {current[key]} to {after[key]}: {words}"
                for words in found
            ]
            moves += after[key] != current[key]
        for pair in zip(pairs[::2], pairs[1::2], strict=True):
            is_hit = any(f"{one.name}:" in text for one in pair for text in failures)
            key = ("pair", pair[0].name)
            is_due = shared_is_due(world, pair, after) and not is_hit
            waiting[key] = waiting.get(key, 0) + 1 if is_due else 0
            if waiting[key] > 1:
                wrong.append(f"day {world.day}: the pair of {pair[0].name} could have moved")
        current = after
        for commit in project.git("rev-list", f"{head}..HEAD").split():
            project.git("checkout", "--quiet", commit)
            verified = project.pinner("verify")
            assert verified.code == 0, (world.day, verified)
        project.git("checkout", "--quiet", "main")
    world.stop()
    commits = project.git("rev-list", "--count", "HEAD").strip()
    print(f"{NIGHTS} nights, {commits} commits, {moves} moves, {world.requests} requests,",
          f"{world.failures} failed, {world.pauses} pauses, {failed} outcomes failed,",
          f"{time.monotonic() - begun:.0f} s")  # fmt: skip
    assert moves > NIGHTS * 10
    assert not wrong, "\n".join(wrong[:40])
