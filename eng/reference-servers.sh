#!/usr/bin/env bash
# Gets the servers that Carnelian is compared with: Redis 8.0.6 and Valkey 9.1 as Debian's unstable distribution packages
# them. Nothing is installed: their packages and every library these need are unpacked into one folder, and small wrappers
# start the programs with the C library that came along. Needs apt-get and dpkg-deb, but no root and no Debian unstable.
#
#   reference-servers.sh [FOLDER]
#
# FOLDER: by default $CARNELIAN_REFERENCE, or carnelian-reference in the user's cache. Prints the folder of the programs
# (redis-server, redis-cli, valkey-server, ...) as its last line. Does nothing when they are there, so that it works
# without network from then on. Fails with one line that says why.
set -euo pipefail

folder=${1:-${CARNELIAN_REFERENCE:-${XDG_CACHE_HOME:-$HOME/.cache}/carnelian-reference}}
packages=(redis-server redis-sentinel redis-tools valkey-server valkey-sentinel valkey-tools)
programs=({redis,valkey}-{server,sentinel,cli,benchmark,check-aof,check-rdb})
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() { echo "reference-servers: $1" >&2; exit 1; }

if [ ! -e "$folder/complete" ]; then
  mkdir -p "$folder"
  exec 9> "$folder/lock"
  if command -v flock > /dev/null; then flock 9; fi   # One at a time; the others find it done.
fi
if [ ! -e "$folder/complete" ]; then
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "needs apt-get and dpkg-deb to get Redis and Valkey"
  [ -r "$keyring" ] || fail "needs Debian's archive keys in $keyring"
  # The mirror this machine already uses; only its distribution differs.
  mirror=${CARNELIAN_DEBIAN_MIRROR:-$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -1 | tr -d ' ' || true)}
  [ -n "$mirror" ] || fail "finds no Debian mirror in apt's sources; name one in CARNELIAN_DEBIAN_MIRROR"

  work=$(mktemp -d "$folder/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/{lists,archives}/partial "$work/root" "$work/bin"
  : > "$work/status"   # As if nothing were installed: then every library is fetched too.
  echo "deb [signed-by=$keyring] $mirror sid main" > "$work/sources.list"
  apt=(apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$work"
       -o Dir::State::status="$work/status" -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work" -o Dir::Cache::Archives="$work/archives"
       -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Install-Recommends=false -o Acquire::Languages=none -o Acquire::Retries=2)
  # Some versions of apt call it a success when no list could be had.
  "${apt[@]}" update > "$work/log" 2>&1 && compgen -G "$work/lists/*_Packages*" > /dev/null \
    || fail "cannot read the package lists of $mirror: $(grep -m1 '^[EW]:' "$work/log")"
  "${apt[@]}" install -y --download-only "${packages[@]}" >> "$work/log" 2>&1 || fail "cannot fetch the packages: $(tail -1 "$work/log")"
  for package in "$work"/archives/*.deb; do dpkg-deb -x "$package" "$work/root"; done

  loader=$(cd "$work/root" && find . -name 'ld-linux*.so.*' -print -quit)
  library=$(cd "$work/root" && find . -name libc.so.6 -print -quit)
  [ -n "$loader" ] && [ -n "$library" ] || fail "finds no C library in the packages"
  for program in "${programs[@]}"; do
    [ -e "$work/root/usr/bin/$program" ] || fail "finds no $program in the packages"
    cat > "$work/bin/$program" <<WRAPPER
#!/bin/sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")/root
exec "\$root/$loader" --library-path "\$root/$(dirname "$library")" --argv0 $program "\$root/usr/bin/$program" "\$@"
WRAPPER
    chmod +x "$work/bin/$program"
  done
  rm -rf "$folder/root" "$folder/bin"
  mv "$work/root" "$work/bin" "$folder/"
  touch "$folder/complete"   # Last: a half-filled folder is begun again.
fi
"$folder/bin/redis-server" --version | cut -d' ' -f1-3
"$folder/bin/valkey-server" --version | cut -d' ' -f1-3
echo "$folder/bin"
