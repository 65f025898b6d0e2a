"""Numbers for the machine's own network; alive and ready."""

from __future__ import annotations

import os
import re
import subprocess
import sys


def total(text: str, rule: str) -> float:
    return sum(float(value) for value in re.findall(rf'gezhi_requests_total{{[^}}]*rule="{rule}"[^}}]*}} (\S+)', text))


def test_requests_are_counted_by_route_and_status(app):
    client = app.test_client()
    before = total(client.get("/metrics").get_data(as_text=True), "/api/v1/session")
    client.get("/api/v1/session")
    text = client.get("/metrics").get_data(as_text=True)
    assert total(text, "/api/v1/session") == before + 1
    assert 'gezhi_request_seconds_bucket{le="0.005",rule="/api/v1/session"}' in text


def test_another_process_counts_into_the_same_numbers(app):
    client = app.test_client()
    before = total(client.get("/metrics").get_data(as_text=True), "/elsewhere")
    code = "from gezhi.http import metrics; [metrics.count('GET', '/elsewhere', 200, 0.1) for _ in range(5)]"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
    assert total(client.get("/metrics").get_data(as_text=True), "/elsewhere") == before + 5


def test_what_came_through_the_proxy_finds_no_metrics(app):
    answer = app.test_client().get("/metrics", headers={"X-Forwarded-For": "10.1.1.1"})
    assert answer.status_code == 404
    assert "gezhi_" not in answer.get_data(as_text=True)


def test_ready_means_the_database_answers_with_the_tables_of_this_code(app, conn):
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    here = conn.execute("select version_num from alembic_version").fetchone()[0]
    conn.execute("update alembic_version set version_num = 'older'")
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
        assert client.get("/healthz").status_code == 200
    finally:
        conn.execute("update alembic_version set version_num = %s", (here,))
