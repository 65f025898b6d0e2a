"""G8: whatever somebody sends ends as a refusal with a reason or as clean pixels, in little memory."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import Any

import pytest

from gezhi.media import service
from tests.conftest import ROOT
from tests.media.corpus import CORPUS, bare

MOST = 400_000  # kilobytes of the process that takes a photo in, and of the child that cleans it

# Takes files in and cleans them as web and worker do, in a process that has done nothing else. Its own peak is not
# that of getrusage, which counts what the process that started it had.
RUN = """
import json, resource, sys
from gezhi.http.problems import Problem
from gezhi.media import cleaning, service
ends = {}
for name, sha, kind in json.load(open(sys.argv[1])):
    with open(f"{sys.argv[2]}/{sha}", "rb") as stream:
        try:
            service.put("3601", "device:corpus", sha, kind, stream)
        except Problem as problem:
            ends[name] = problem.code
            continue
    ends[name] = cleaning.clean("3601", sha)
own = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"ends": ends, "peaks": [int(own), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]}))
"""
CODES = {413: "too_large", 415: "not_a_photo", "clean": "ready", "unreadable": "refused"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, bytes]]:
    """The corpus: hash and content by name."""
    made = {name: case.content() for name, case in CORPUS.items()}
    return {name: (hashlib.sha256(content).hexdigest(), content) for name, content in made.items()}


@pytest.fixture(scope="module")
def run(database: str, files: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of each file, and the peaks of memory in kilobytes: of the process, of its largest child."""
    folder = tmp_path_factory.mktemp("corpus")
    for sha, content in files.values():
        (folder / sha).write_bytes(content)
    asked = [(name, files[name][0], case.kind) for name, case in CORPUS.items()]
    (folder / "asked.json").write_text(json.dumps(asked))
    command = [sys.executable, "-c", RUN, str(folder / "asked.json"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", CORPUS)
def test_G8_each_file_ends_as_it_must(run: dict[str, Any], files: Any, app: Any, name: str) -> None:
    case, (sha, _) = CORPUS[name], files[name]
    assert run["ends"][name] == CODES[case.end]
    view = service.photo_views("3601", {sha: "report"})[sha]
    assert view["ready"] == (case.end == "clean")
    for url in (view["url"], view["thumb_url"]):
        if url:
            assert bare(app.test_client().get(url).data)


@pytest.mark.parametrize("name", [name for name, case in CORPUS.items() if isinstance(case.end, int)])
def test_G8_a_refused_file_is_told_what_is_wrong_and_what_to_do(app: Any, files: Any, send: Any, name: str) -> None:
    case, (_, content) = CORPUS[name], files[name]
    answer = send(content, case.kind)
    assert answer.status_code == case.end
    assert answer.json["detail"]
    assert answer.json["action"]


def test_the_bomb_is_as_small_as_it_is_told(files: Any) -> None:
    assert len(files["bomb of 10.8 kB and 566 MB"][1]) < 10_900


def test_G8_no_file_takes_much_memory(run: dict[str, Any]) -> None:
    process, child = run["peaks"]
    print(f"process {process:,} kB, largest child {child:,} kB")
    assert process < MOST / 2
    assert child < MOST


def test_the_corpus_is_no_larger_than_what_is_taken(files: Any) -> None:
    assert {name for name, (_, content) in files.items() if len(content) > service.MAX_BYTES} == {"sixteen megabytes"}
