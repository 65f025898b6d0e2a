"""What the tests stand on: a real PostgreSQL with PostGIS and the demo city, cloned for each test module."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[1]


def renamed(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def forget_settings() -> None:
    """Drop what this process remembers of its environment and database."""
    from gezhi import config, db

    db.close_pool()
    config.settings.cache_clear()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server: GEZHI_TEST_DATABASE_URL, else an own cluster that forgets everything."""
    with ExitStack() as stack:
        url = os.environ.get("GEZHI_TEST_DATABASE_URL")
        if not url:
            from gezhi.ground.postgres import Cluster

            var = Path(os.environ.get("GEZHI_VAR") or ROOT / "var")
            url = stack.enter_context(Cluster(var / "test-pg", durable=False))
        yield url


@pytest.fixture(scope="session")
def first_var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GEZHI_VAR of the template: its keys and the demo's passwords."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="module")
def var(template: str, first_var: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GEZHI_VAR of this module: no photo and no anchor of another one's database lies in it."""
    own = tmp_path_factory.mktemp("var")
    shutil.copytree(first_var, own, dirs_exist_ok=True)
    return own


@pytest.fixture(scope="session")
def template(server: str, first_var: Path) -> Iterator[str]:
    """The name of a migrated database with the demo city in it, made once a run (seconds), cloned for each module."""
    from gezhi import config, schema, seed
    from gezhi.notify import keys as vapid

    name = f"gezhi_template_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(renamed(server, "postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")
        os.environ |= {"DATABASE_URL": renamed(server, name), "GEZHI_VAR": str(first_var)}
        forget_settings()
        schema.migrate()
        seed.demo(config.settings())
        vapid.private_key()  # kept by the process: every module's folder has to have the same
        forget_settings()
        # A session in the template, one that lingers or autovacuum's, would forbid the copies.
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        yield name
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def database(server: str, template: str, var: Path) -> Iterator[str]:
    """The URL of this module's own copy of the demo city; the process's settings point at it."""
    name = f"gezhi_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(renamed(server, "postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}")
        os.environ |= {"DATABASE_URL": renamed(server, name), "GEZHI_VAR": str(var)}
        forget_settings()
        yield os.environ["DATABASE_URL"]
        forget_settings()
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def app(database: str) -> Iterator[Any]:
    """The application on this module's database."""
    from gezhi.app import create_app

    made = create_app()
    return made


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection to this module's database, for looking."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def accounts(database: str, var: Path) -> dict[str, dict[str, str]]:
    """The named accounts of the demo by account name."""
    return {row["account"]: row for row in json.loads((var / "demo-accounts.json").read_text())}


HEADERS = {"X-Gezhi": "1", "Origin": "http://localhost:8080"}


class Caller:
    """Somebody in front of the API: a test client with the headers a browser of ours sends."""

    def __init__(self, app: Any, device: str | None = None) -> None:
        self._client = app.test_client()
        self.device = device or str(uuid.uuid4())

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response to a request under /api/v1."""
        sent = {**HEADERS, "X-Gezhi-Device": self.device, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self._client.open(f"/api/v1{path}", method=method, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """POST."""
        return self.call("POST", path, body, **headers)

    def put_photo(self, content: bytes, kind: str = "image/jpeg") -> str:
        """Send a photo and return its hash."""
        digest = hashlib.sha256(content).hexdigest()
        response = self._client.put(
            f"/api/v1/media/{digest}",
            data=content,
            headers={**HEADERS, "X-Gezhi-Device": self.device, "Content-Type": kind},
        )
        assert response.status_code in (200, 201), response.get_data(as_text=True)
        return digest


@pytest.fixture
def resident(app: Any) -> Caller:
    """A resident's phone, not signed in."""
    return Caller(app)


@pytest.fixture
def sign_in(app: Any, accounts: dict[str, dict[str, str]]) -> Callable[[str], Caller]:
    """Signs a named account of the demo in on a device of its own."""

    def do(account: str) -> Caller:
        caller = Caller(app)
        response = caller.post("/session", {"account": account, "password": accounts[account]["password"]})
        assert response.status_code == 200, response.get_data(as_text=True)
        return caller

    return do
