"""A push service that takes everything at once and says when: `python push_sink.py PORT`."""

from __future__ import annotations

import sys
import time

from aiohttp import web

arrivals: list[tuple[str, float]] = []


async def take(request: web.Request) -> web.Response:
    arrivals.append((request.headers.get("Topic", ""), time.time()))
    await request.read()
    return web.Response(status=201)


async def tell(_: web.Request) -> web.Response:
    """All arrivals: topic and moment."""
    return web.json_response(arrivals)


async def forget(_: web.Request) -> web.Response:
    arrivals.clear()
    return web.Response(status=204)


app = web.Application()
app.router.add_post("/push/{browser}", take)
app.router.add_get("/arrivals", tell)
app.router.add_delete("/arrivals", forget)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
