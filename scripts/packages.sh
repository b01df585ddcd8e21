#!/bin/sh
# Install the Debian packages that running and testing need; without root, print the one line.
# Usage: scripts/packages.sh [venv|run|test|bench|faults]
set -eu
run="libgl1 libegl1 libxkbcommon0 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0
     libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 fonts-noto-core sane-utils libsane1
     sane-airscan"
test="xvfb xauth xdotool openbox x11-apps x11-utils x11-xkb-utils imagemagick poppler-utils dbus
      dbus-daemon gnome-keyring at-spi2-core cups-daemon cups-client cups-ipp-utils cups-filters
      cups-filters-core-drivers postgresql-15 chromium strace faketime iproute2
      tesseract-ocr tesseract-ocr-vie"
faults="patroni etcd-server etcd-client"
case "${1:-run}" in
    venv) wanted="python3-venv" ;;
    test) wanted="$run $test" ;;
    bench) wanted=""; command -v npm >/dev/null 2>&1 || wanted="nodejs npm" ;;   # the peers
    faults) wanted="$run $test $faults" ;;
    *) wanted="$run" ;;
esac
command -v dpkg-query >/dev/null 2>&1 || exit 0   # not Debian: the window's libraries are the system's
missing=""
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "Some Debian packages are missing. Run this once, then try again:" >&2
    echo "  sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# shellcheck disable=SC2086 # one word a package
apt-get install -q -y --no-install-recommends $missing >/dev/null
