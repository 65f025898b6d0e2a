#!/usr/bin/env bash
# The steps that `scripts/up`, `scripts/test` and the Dockerfile share. Each does only what is still missing.
# Sourced by the two commands; run directly, it takes the names of steps: scripts/lib.sh venv pwa_build
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$ROOT/.venv
readonly ROOT VENV
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore NPM_CONFIG_UPDATE_NOTIFIER=false

say() { printf '%s\n' "gezhi: $*"; }
die() { printf '%s\n' "gezhi: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# One checksum over the names and contents of files and folders, leaving out what is built.
checksum() {
  find "$@" \( -name node_modules -o -name dist -o -name dev-dist -o -name .vite \) -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# fresh STAMP VALUE: whether the stamp file says VALUE.
fresh() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# Two starts in one checkout take turns at installing and building (the lock is on the folder itself: no file is left).
take_turns() {
  exec {turn}<"$ROOT"
  flock --nonblock "$turn" || { say "waiting for another start to finish installing"; flock "$turn"; }
}
end_turn() { exec {turn}<&-; }

# --- packages of the system -------------------------------------------------------------------------------------------

POLICY=/usr/sbin/policy-rc.d
CREATECLUSTER=/etc/postgresql-common/createcluster.d/gezhi.conf
MARK='# made by Gezhi for the duration of one installation'

as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo -- "$@"; fi; }
installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Keep Debian from starting services or making a database cluster of its own while packages are installed.
hold_services() {
  # shellcheck disable=SC2016  # expanded by the inner shell
  as_root sh -c '
    [ -e "$1" ] || { printf "#!/bin/sh\n%s\nexit 101\n" "$3" >"$1"; chmod 755 "$1"; }
    mkdir -p "${2%/*}"; printf "%s\ncreate_main_cluster = false\n" "$3" >"$2"' sh "$POLICY" "$CREATECLUSTER" "$MARK"
}
release_services() {
  # shellcheck disable=SC2016
  as_root sh -c 'for file; do if grep -qsF "$0" "$file"; then rm -f "$file"; fi; done' \
    "$MARK" "$POLICY" "$CREATECLUSTER"
}

# packages NAME...: installs the missing ones; without rights, says which.
packages() {
  local missing=() name caddy_is_new=
  for name in "$@"; do installed "$name" || missing+=("$name"); done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  has apt-get || die "these programs are missing, and this is neither Debian nor Ubuntu: ${missing[*]}"
  if [[ $EUID -ne 0 ]] && ! has sudo; then
    die "packages are missing. As the administrator, run:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}
and then start again."
  fi
  say "installing packages: ${missing[*]}"
  if [[ " ${missing[*]} " == *" caddy "* ]]; then caddy_is_new=yes; fi
  trap release_services EXIT
  hold_services
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300) output
  output=$(as_root "${apt[@]}" update 2>&1 &&
    as_root "${apt[@]}" install --yes --no-install-recommends \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "${missing[@]}" 2>&1) ||
    die "the packages could not be installed:
$(tail -n 15 <<<"$output")"
  # We run Caddy ourselves: its service would take port 80 when the machine starts next.
  if [[ -n $caddy_is_new ]] && has systemctl; then as_root systemctl disable --quiet caddy.service || true; fi
  release_services
  trap - EXIT
}

has_postgis() {
  local programs
  for programs in /usr/lib/postgresql/*/bin/postgres; do
    programs=${programs#/usr/lib/postgresql/}
    [[ ${programs%%/*} -ge 15 && -f /usr/share/postgresql/${programs%%/*}/extension/postgis.control ]] && return 0
  done 2>/dev/null
  return 1
}

# The programs that run beside ours. A machine with a newer PostgreSQL or Caddy of its own keeps it.
programs() {
  local wanted=()
  [[ -n ${DATABASE_URL:-} ]] || has_postgis || wanted+=(postgresql postgresql-postgis)
  has caddy || wanted+=(caddy)
  packages "${wanted[@]}"
}

# What the browser tests need: a browser, Chinese letters, and the desktop's notification service.
browser() { packages chromium fonts-noto-cjk dbus libnotify4; }

# --- Python -----------------------------------------------------------------------------------------------------------

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Sets PYTHON to an interpreter that is new enough, installing the distribution's if need be.
find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if has "$candidate" && new_enough "$candidate" && { [[ -x $VENV/bin/python ]] || can_make_venv "$candidate"; }; then
      PYTHON=$candidate
      return 0
    fi
  done
  packages python3 python3-venv
  PYTHON=/usr/bin/python3
  new_enough "$PYTHON" || die "Python 3.11 or newer is needed; this system has $("$PYTHON" --version). Debian 12 and Ubuntu 24.04 have it."
}

# Makes the virtual environment, anew when the checkout was moved or its Python is gone.
venv_folder() {
  [[ -n ${PYTHON:-} ]] || find_python
  if new_enough "$VENV/bin/python" && { [[ ! -f $VENV/.place ]] || fresh "$VENV/.place" "$ROOT"; }; then return 0; fi
  say "making the Python environment"
  can_make_venv "$PYTHON" || packages python3-venv
  "$PYTHON" -m venv --clear "$VENV"
  printf '%s' "$ROOT" >"$VENV/.place"
}

# locked LOCKFILE: installs exactly what the lock file says, unless that was done before.
locked() {
  local stamp=$VENV/.$1 sum
  sum=$(checksum "$ROOT/$1")
  fresh "$stamp" "$sum" && return 0
  say "installing what $1 lists"
  "$VENV/bin/python" -m pip install -qq --no-deps --require-hashes -r "$ROOT/$1" ||
    die "the libraries of $1 could not be installed; the lines above say why"
  printf '%s' "$sum" >"$stamp"
}

# Our own package is not built: a path file makes it importable, which needs no build tools and no network.
own_package() {
  local site
  site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  fresh "$site/gezhi.pth" "$ROOT/backend" || printf '%s\n' "$ROOT/backend" >"$site/gezhi.pth"
  [[ -x $VENV/bin/gezhi ]] && return 0
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nexec "${0%%/*}/python" -m gezhi.cli "$@"\n' >"$VENV/bin/gezhi"
  chmod 755 "$VENV/bin/gezhi"
}

venv() { venv_folder; locked requirements.lock; own_package; }
venv_test() { venv_folder; locked requirements-test.lock; own_package; }

# --- the pages --------------------------------------------------------------------------------------------------------

new_node() { has "$1" && "$1" -e 'process.exit(process.versions.node.split(".")[0] < 22)' 2>/dev/null; }

# Puts a node and npm on PATH that are new enough: the system's, else one in the Python environment.
find_node() {
  if ! { new_node node && has npm; }; then
    venv_folder
    locked requirements-node.lock
    PATH=$VENV/bin:$PATH
    export PATH
  fi
}

pwa_libraries() {
  local stamp=$ROOT/pwa/node_modules/.gezhi-libraries sum
  sum=$(checksum "$ROOT/pwa/package-lock.json")
  fresh "$stamp" "$sum" && return 0
  find_node
  say "installing the libraries of the pages"
  local output
  output=$(npm --prefix "$ROOT/pwa" ci --no-fund --no-audit --loglevel=error 2>&1) ||
    die "npm could not install the libraries of the pages:
$(head -n 15 <<<"$output")"
  printf '%s' "$sum" >"$stamp"
}

pwa_build() {
  local stamp=$ROOT/pwa/node_modules/.gezhi-build sum
  sum=$(checksum "$ROOT/pwa")
  [[ -f $ROOT/pwa/dist/index.html ]] && fresh "$stamp" "$sum" && return 0
  find_node
  pwa_libraries
  say "building the pages"
  local output
  output=$(npm --prefix "$ROOT/pwa" run build --silent 2>&1) ||
    die "the pages could not be built:
$(tail -n 30 <<<"$output")"
  printf '%s' "$sum" >"$stamp"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  for step in "$@"; do "$step"; done
fi
