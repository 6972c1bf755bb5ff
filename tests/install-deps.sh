#!/bin/sh
# Installs the Debian packages named as arguments that are missing ("a|b": either will do, b is installed).
# Needs root or a sudo that asks nothing; otherwise says exactly what would be installed and fails.
set -eu
installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }
missing=
for wanted in "$@"; do
  found=
  for name in $(echo "$wanted" | tr '|' ' '); do installed "$name" && found=1; done
  [ -n "$found" ] || missing="$missing ${wanted##*|}"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || { echo "metaset: these Debian packages are missing:$missing" >&2; exit 1; }
if [ "$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root=sudo; else
  echo "metaset: missing packages. Run as root: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
echo "installing:$missing"
apt_get() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }
# shellcheck disable=SC2086
apt_get install -y --no-install-recommends $missing >/dev/null 2>&1 ||
  { apt_get update && apt_get install -y --no-install-recommends $missing; }
