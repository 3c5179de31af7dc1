# What the scripts of this folder share; sourced by them. The working directory becomes the root of
# the repository.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

fail() {
  echo "$*" >&2
  exit 2
}

# need COMMAND PACKAGE ...: installs the packages whose command is missing, by name.
need() {
  local missing=() sudo=()
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || fail "missing: ${missing[*]}"
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  {
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${missing[@]}"
  } >&2
}

# The comment at the top of a script is its help.
usage() {
  sed -n '2,/^[^#]/{ s/^# \{0,1\}//p }' "$1"
}

# A folder that is gone when the script ends.
scratch() {
  tmp=$(mktemp -d)
  trap 'rm -rf "$tmp"' EXIT
}

# callgrind_sum FILE FIGURE: `instructions` or `allocations`.
callgrind_sum() {
  awk -f "$root/benches/callgrind.awk" "$1" | awk -F '\t' -v figure="$2" '$1 == figure { print $2 }'
}
