# What the scripts of this folder share; sourced by them. The working directory becomes the root of
# the repository.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
# Where Debian has servers; not every user looks there.
PATH=$PATH:/usr/sbin

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

# callgrind [options] COMMAND ...: leaves what callgrind.awk reads in $tmp/out and its like.
callgrind() {
  valgrind --tool=callgrind --dump-instr=yes --compress-pos=no --callgrind-out-file="$tmp/out" "$@"
}

# dearest NUMBER RUNS: the functions of $tmp/figures that cost most, per run.
dearest() {
  grep '^function' "$tmp/figures" | sort -t $'\t' -k2,2nr | awk -F '\t' -v most="$1" -v runs="$2" \
    'NR <= most { printf "%.0f\t%s\n", $2 / runs, $3 }'
}
