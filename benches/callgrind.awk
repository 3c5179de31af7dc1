# Sums up what callgrind wrote, one figure a line, tab-separated:
#
#   instructions  N          all that were executed while callgrind was counting
#   allocations   N          calls of malloc and its kin
#   function      N  NAME    instructions of one function without those it calls
#
# The format is told in https://valgrind.org/docs/manual/cl-format.html. Names are written once and
# numbered; a line after `calls=` is what the callee cost, which its own lines say again.

function named(text,    number, rest) {
  match(text, /\([0-9]+\)/)
  number = substr(text, RSTART, RLENGTH)
  rest = substr(text, RSTART + RLENGTH + 1)
  sub(/'[0-9]+$/, "", rest)
  if (rest != "") names[number] = rest
  return names[number]
}

BEGIN { OFS = "\t" }

/^fn=/ { caller = named(substr($0, 4)); next }
/^cfn=/ { callee = named(substr($0, 5)); next }
/^calls=/ {
  split($1, parts, "=")
  if (callee ~ /^(malloc|calloc|realloc|aligned_alloc|memalign|posix_memalign)$/)
    allocations += parts[2]
  is_callees = 1
  next
}
/^[0-9+*-]/ {
  if (!is_callees) {
    instructions += $2
    own[caller] += $2
  }
  is_callees = 0
}

END {
  # Not as %d, which some versions of awk end at 2^31.
  OFMT = CONVFMT = "%.0f"
  print "instructions", instructions + 0
  print "allocations", allocations + 0
  for (name in own) print "function", own[name], name
}
