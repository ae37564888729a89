#!/usr/bin/env bash
# Installs the Debian packages that building and testing Turnpike need, and only those that are missing.
#
#   scripts/install-debian-packages.sh [GROUP…]      GROUP: base (default), browser, tauri, desktop, counts, bench
#
# base     compile (C compiler for SQLite and the TLS code), and test: a Secret Service to keep a key in, a
#          message bus to reach it, Python for its SDK and for pseudo-terminals
# browser  Chromium, to test the page as a user meets it
# tauri    compile the tray: the web view, the panel's icon
# counts   valgrind, to count instructions
# desktop  a screen, a panel and notifications, to test the tray as a user meets it
# bench    nginx, which the benchmark measures beside Turnpike, and taskset
#
# Runs as root or through sudo. Elsewhere than on Debian and its relatives it installs nothing and says what is needed.
set -euo pipefail

packages_of() {
  case "$1" in
    base) echo gcc libc6-dev pkg-config git ca-certificates procps dbus gnome-keyring libsecret-tools sqlite3 python3 python3-venv ;;
    browser) echo chromium fonts-dejavu-core ;;
    tauri) echo libwebkit2gtk-4.1-dev libgtk-3-dev libayatana-appindicator3-dev ;;
    counts) echo valgrind ;;
    bench) echo nginx-light util-linux ;;
    desktop) echo xvfb dbus-x11 xfce4-panel xfconf xfce4-notifyd python3-dbus python3-gi adwaita-icon-theme imagemagick xdotool xclip webkit2gtk-driver ;;
    *)
      echo "install-debian-packages: no group \"$1\"; there are: base, browser, tauri, desktop, counts, bench" >&2
      return 2
      ;;
  esac
}

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

[ $# -gt 0 ] || set -- base
wanted=()
for group in "$@"; do
  names=$(packages_of "$group")
  read -r -a of_group <<<"$names"
  wanted+=("${of_group[@]}")
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not a Debian system, so nothing is installed. Needed here (by their Debian names): ${wanted[*]}"
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "Debian packages ($*): all there."
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing Debian packages: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing Debian packages: ${missing[*]}"
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
