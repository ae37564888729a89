#!/usr/bin/env bash
# Builds the Debian package: the service beside the tray, desktop entry, icons, completions. What starts at login is left alone.
#
#   scripts/bundle-deb.sh FOLDER OUT [VERSION]
#
# FOLDER   holds the built `turnpike` and `turnpike-tray` (TURNPIKE_TRAY_BIN names another tray)
# OUT      the folder for the package; its path is printed
# VERSION  that of Cargo.toml where none is given
#
# TURNPIKE_DEB_COMPRESSION=none makes it quickly, for tests. The same files give the same package, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
out=$2
version=${3:-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)}
service=$folder/turnpike
tray=${TURNPIKE_TRAY_BIN:-$folder/turnpike-tray}
for program in "$service" "$tray"; do
  [ -x "$program" ] || { echo "bundle-deb: $program is not there: build it first (make build tray, or make bundle)" >&2; exit 1; }
done

architecture=$(dpkg --print-architecture)
maintainer="The Turnpike authors <turnpike@localhost>"
# The same times in every build of the same sources.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

install -D -m 755 "$service" "$root/usr/bin/turnpike"
install -D -m 755 "$tray" "$root/usr/bin/turnpike-tray"
strip --strip-unneeded "$root/usr/bin/turnpike" "$root/usr/bin/turnpike-tray"
install -D -m 644 packaging/debian/turnpike.desktop "$root/usr/share/applications/turnpike.desktop"
for size in 32 128 256; do
  install -D -m 644 "icons/app-$size.png" "$root/usr/share/icons/hicolor/${size}x$size/apps/turnpike.png"
done
install -D -m 644 icons/app.svg "$root/usr/share/icons/hicolor/scalable/apps/turnpike.svg"
install -D -m 644 packaging/debian/copyright "$root/usr/share/doc/turnpike/copyright"
gzip --best --no-name --stdout CHANGELOG.md >"$root/usr/share/doc/turnpike/NEWS.gz"
gzip --best --no-name --stdout >"$root/usr/share/doc/turnpike/changelog.gz" <<CHANGES
turnpike ($version) unstable; urgency=medium

  * What is new stands in NEWS.gz.

 -- $maintainer  $(LC_ALL=C date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")
CHANGES
completions() {
  mkdir -p "$(dirname "$root/usr/share/$2")"
  "$service" completions "$1" >"$root/usr/share/$2"
}
completions bash bash-completion/completions/turnpike
completions zsh zsh/vendor-completions/_turnpike
completions fish fish/vendor_completions.d/turnpike.fish

# The oldest C library that has what both programs ask for.
libc=$(objdump -T "$root"/usr/bin/turnpike* | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -V | tail -n 1)
mkdir "$root/DEBIAN"
install -m 755 packaging/debian/prerm "$root/DEBIAN/prerm"
# libayatana-appindicator is opened while the tray runs, so the linker does not know of it.
cat >"$root/DEBIAN/control" <<CONTROL
Package: turnpike
Version: $version
Architecture: $architecture
Section: devel
Priority: optional
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f 1)
Depends: libc6 (>= $libc), libgcc-s1, libgtk-3-0t64 | libgtk-3-0, libwebkit2gtk-4.1-0, libjavascriptcoregtk-4.1-0, libsoup-3.0-0, libglib2.0-0t64 | libglib2.0-0, libcairo2, libgdk-pixbuf-2.0-0, libayatana-appindicator3-1
Recommends: gnome-keyring | kwalletmanager | keepassxc, xdg-utils
Description: Claude Code and Messages API clients on any OpenRouter model
 A local proxy that translates each request and each streamed answer, keeps the
 OpenRouter key in the keychain of the system, and keeps an exact bill. This
 package holds the service, its command line, and the tray.
CONTROL

(cd "$root" && find usr -type f -print0 | LC_ALL=C sort --zero-terminated | xargs --null md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$out"
package=$out/turnpike_${version}_$architecture.deb
dpkg-deb --root-owner-group "-Z${TURNPIKE_DEB_COMPRESSION:-xz}" --build "$root" "$package" >/dev/null
echo "$package"
