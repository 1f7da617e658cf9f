#!/usr/bin/env bash
# Gets the servers that Carnelian is compared with: Redis 8.0.6 and Valkey 9.1 as Debian's unstable distribution packages
# them, and Redis 7.0.15 as Debian 12 does, for what travels between old and new. Nothing is installed: their packages and every library these need are unpacked into one folder, and small wrappers
# start the programs with the C library that came along. Needs apt-get and dpkg-deb, but no root and no Debian unstable.
#
#   reference-servers.sh [FOLDER]
#
# FOLDER: by default $CARNELIAN_REFERENCE, or carnelian-reference in the user's cache. Prints the folder of the programs
# (redis-server, redis-cli, valkey-server, ..., redis-server-7.0) as its last line. Does nothing when they are there, so that it works
# without network from then on. Fails with one line that says why.
set -euo pipefail

folder=${1:-${CARNELIAN_REFERENCE:-${XDG_CACHE_HOME:-$HOME/.cache}/carnelian-reference}}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() { echo "reference-servers: $1" >&2; exit 1; }

# unpack SUITE ROOT PACKAGE...: unpacks packages of a distribution, with all that they need, into $work/ROOT.
unpack() {
  local suite=$1 root=$2 apt; shift 2
  mkdir -p "$work/$suite"/{lists,archives}/partial "$work/$root"
  : > "$work/$suite/status"   # As if nothing were installed: then every library is fetched too.
  echo "deb [signed-by=$keyring] $mirror $suite main" > "$work/$suite/sources.list"
  apt=(apt-get -qq -o Dir::Etc::SourceList="$work/$suite/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$work/$suite"
       -o Dir::State::status="$work/$suite/status" -o Dir::State::Lists="$work/$suite/lists" -o Dir::Cache="$work/$suite"
       -o Dir::Cache::Archives="$work/$suite/archives" -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Install-Recommends=false
       -o Acquire::Languages=none -o Acquire::Retries=2)
  # Some versions of apt call it a success when no list could be had.
  "${apt[@]}" update > "$work/log" 2>&1 && compgen -G "$work/$suite/lists/*_Packages*" > /dev/null \
    || fail "cannot read the package lists of $mirror: $(grep -m1 '^[EW]:' "$work/log")"
  "${apt[@]}" install -y --download-only "$@" >> "$work/log" 2>&1 || fail "cannot fetch the packages: $(tail -1 "$work/log")"
  local package
  for package in "$work/$suite"/archives/*.deb; do dpkg-deb -x "$package" "$work/$root"; done
}

# wrap ROOT PROGRAM NAME: a small script of that name starts a program with the C library that came along.
wrap() {
  local root=$1 program=$2 name=$3 loader library
  loader=$(cd "$work/$root" && find . -name 'ld-linux*.so.*' -print -quit)
  library=$(cd "$work/$root" && find . -name libc.so.6 -print -quit)
  library=$(basename "$(dirname "$library")")   # Older distributions have libraries in /lib and in /usr/lib.
  [ -n "$loader" ] && [ -n "$library" ] || fail "finds no C library in the packages"
  [ -e "$work/$root/usr/bin/$program" ] || fail "finds no $program in the packages"
  cat > "$work/bin/$name" <<WRAPPER
#!/bin/sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")/$root
exec "\$root/$loader" --library-path "\$root/usr/lib/$library:\$root/lib/$library" --argv0 $program "\$root/usr/bin/$program" "\$@"
WRAPPER
  chmod +x "$work/bin/$name"
}

newest() {
  local program
  unpack sid root redis-server redis-sentinel redis-tools valkey-server valkey-sentinel valkey-tools
  for program in {redis,valkey}-{server,sentinel,cli,benchmark,check-aof,check-rdb}; do wrap root "$program" "$program"; done
}

old() {
  local program
  unpack bookworm root-7.0 redis-server redis-tools
  for program in redis-{server,cli,check-aof,check-rdb}; do wrap root-7.0 "$program" "$program-7.0"; done
}

# get WHAT MARK ROOT: fills the folder, unless the mark is there.
get() {
  [ ! -e "$folder/$2" ] || return 0
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "needs apt-get and dpkg-deb to get Redis and Valkey"
  [ -r "$keyring" ] || fail "needs Debian's archive keys in $keyring"
  # The mirror this machine already uses; only its distribution differs.
  mirror=${CARNELIAN_DEBIAN_MIRROR:-$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -1 | tr -d ' ' || true)}
  [ -n "$mirror" ] || fail "finds no Debian mirror in apt's sources; name one in CARNELIAN_DEBIAN_MIRROR"
  work=$(mktemp -d "$folder/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/bin" "$folder/bin"
  "$1"
  rm -rf "${folder:?}/$3"
  mv "$work/$3" "$folder/"
  mv -f "$work"/bin/* "$folder/bin/"
  rm -rf "$work"
  touch "$folder/$2"   # Last: what is half filled is begun again.
}

folder=${1:-${CARNELIAN_REFERENCE:-${XDG_CACHE_HOME:-$HOME/.cache}/carnelian-reference}}
if [ ! -e "$folder/complete" ] || [ ! -e "$folder/complete-7.0" ]; then
  mkdir -p "$folder"
  exec 9> "$folder/lock"
  if command -v flock > /dev/null; then flock 9; fi   # One at a time; the others find it done.
  get newest complete root
  get old complete-7.0 root-7.0
fi
"$folder/bin/redis-server" --version | cut -d' ' -f1-3
"$folder/bin/valkey-server" --version | cut -d' ' -f1-3
"$folder/bin/redis-server-7.0" --version | cut -d' ' -f1-3
echo "$folder/bin"
