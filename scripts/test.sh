#!/usr/bin/env bash
# Run the tests on servers of their own under var/test; whatever happens, the servers are stopped.
# Arguments go to pytest; the exit status is pytest's.
set -uo pipefail
cd "$(dirname "$0")/.."

ensure_chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Chromium for the browser tests ..." >&2
        apt-get update -qq >&2 &&
            DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
                chromium fonts-noto-cjk >&2 && return
    fi
    echo "The browser tests need Chromium: please install chromium and a Chinese font" \
        "(Debian: apt-get install chromium fonts-noto-cjk)." >&2
    exit 2
}

ensure_chromium

# The tests create and empty databases: they never touch the servers of an installation.
unset DATABASE_URL DATABASE_OWNER_URL REDIS_URL SECRET_KEY CRM_HTTPS CRM_DEBUG PORT
export CRM_HOME="$PWD/var/test"

stop() { .venv/bin/python manage.py services stop >/dev/null; }
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

.venv/bin/python manage.py services start >&2 || exit
# In the order of tests/conftest.py: the longest modules first. A worker more than processors, since
# each waits for servers, browsers and clocks at times.
workers=$(($(nproc 2>/dev/null || echo 2) + 1))
.venv/bin/pytest -n "$workers" --dist loadscope --no-loadscope-reorder "$@"
