#!/usr/bin/env bash
# Installs the proxies that `make bench` measures beside Turnpike, in the versions that bench/peers pins, below a folder.
#
#   scripts/install-bench-peers.sh target/bench-peers
#
# From npm: claude-code-router, agentic-flow. From PyPI: LiteLLM. From crates.io: anthropic-proxy, claude-code-mux
# (built here: two and six minutes on two quiet cores, once). No package's install script is run. What is there
# already stays. A peer that cannot be had is left out: NAME.failed says why, and the benchmark lists it so.
set -uo pipefail
cd "$(dirname "$0")/.."

folder=${1:?which folder?}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# install NAME FILE COMMAND…: runs the command unless the file that it makes is there.
install() {
  local name=$1 file=$folder/$2
  shift 2
  if [ -e "$file" ]; then
    echo "$name: there."
    return
  fi
  echo "$name: installing; $folder/$name.log tells how it goes."
  rm -f "$folder/$name.failed"
  if "$@" >"$folder/$name.log" 2>&1 && [ -e "$file" ]; then
    echo "$name: installed."
  else
    grep -iE 'error|not found' "$folder/$name.log" | head -n 1 >"$folder/$name.failed"
    [ -s "$folder/$name.failed" ] || tail -n 1 "$folder/$name.log" >"$folder/$name.failed"
    echo "$name: cannot be had: $(cat "$folder/$name.failed")" >&2
  fi
}

from_npm() {
  mkdir -p "$folder/$1" && cp "bench/peers/$1/"{package.json,package-lock.json,.npmrc} "$folder/$1/" || return
  # Not `npm ci`: agentic-flow names optional packages that do not exist, and no lock file can hold those.
  (cd "$folder/$1" && npm install --ignore-scripts --omit=optional --no-fund --no-audit)
}

from_pypi() {
  python3 -m venv "$folder/$1" && "$folder/$1/bin/pip" install --requirement "bench/peers/$1/requirements.txt"
}

from_crates_io() {
  CARGO_TARGET_DIR="$folder/build" cargo install --locked --root "$folder/$1" "$1@$2" && rm -rf "$folder/build"
}

install claude-code-router claude-code-router/node_modules/@musistudio/claude-code-router/dist/cli.js from_npm claude-code-router
install agentic-flow agentic-flow/node_modules/agentic-flow/dist/proxy/anthropic-to-openrouter.js from_npm agentic-flow
install litellm litellm/bin/litellm from_pypi litellm
install anthropic-proxy anthropic-proxy/bin/anthropic-proxy from_crates_io anthropic-proxy 1.2.0
install claude-code-mux claude-code-mux/bin/ccm from_crates_io claude-code-mux 0.6.3
