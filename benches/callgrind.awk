# Sums up what callgrind wrote, one figure a line, tab-separated:
#
#   instructions  N          all that were executed while callgrind was counting
#   allocations   N          calls of malloc and its kin in that time
#   function      N  NAME    instructions of one function without those it calls
#
# It reads what `--dump-instr=yes --compress-pos=no` gives (the format is told in
# https://valgrind.org/docs/manual/cl-format.html): names are written once and numbered, a line after
# `calls=` is what the callee cost, which its own lines say again. Callgrind's own numbers of calls hold
# those from before it was counting, so an allocation is told by the first instruction of the function.

function named(text,    number, rest) {
  match(text, /\([0-9]+\)/)
  number = substr(text, RSTART, RLENGTH)
  rest = substr(text, RSTART + RLENGTH + 1)
  sub(/'[0-9]+$/, "", rest)
  if (rest != "") names[number] = rest
  return names[number]
}

# Hexadecimal numbers of one length are ordered like text.
function is_before(address, other) {
  if (length(address) != length(other)) return length(address) < length(other)
  return address "" < other ""
}

BEGIN { FS = " "; OFS = "\t" }

/^fn=/ {
  name = named(substr($0, 4))
  allocates = name ~ /^(malloc|calloc|realloc|aligned_alloc|memalign|posix_memalign)$/
  next
}
# A name may be written for the first time where it is called.
/^cfn=/ { named(substr($0, 5)); next }
/^ob=/ { object = $0; sub(/ .*/, "", object); next }
/^calls=/ { is_callees = 1; next }
/^0x/ {
  if (!is_callees) {
    instructions += $NF
    own[name] += $NF
    if (allocates) {
      key = object " " name
      if (!(key in entry) || is_before($1, entry[key])) { entry[key] = $1; entered[key] = 0 }
      if ($1 == entry[key]) entered[key] += $NF
    }
  }
  is_callees = 0
}

END {
  # Not as %d, which some versions of awk end at 2^31.
  OFMT = CONVFMT = "%.0f"
  for (key in entered) allocations += entered[key]
  print "instructions", instructions + 0
  print "allocations", allocations + 0
  for (name in own) print "function", own[name], name
}
