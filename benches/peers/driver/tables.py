"""The result, in Markdown."""

import subprocess
import time

import figures
from figures import Added, Ratio, Table, Value, against

CPU = Value("CPU µs/request", "cpu_us")
RATE = Value("requests/s", "rps", "{:,.0f}")
P50, P99 = Value("p50 µs", "p50_us", "{:,.0f}"), Value("p99 µs", "p99_us", "{:,.0f}")
MEMORY = Value("memory MiB", "memory_mib")
PEERS = [against("nginx"), against("hyper"), against("envoy-rs256")]
SMALL = {"routes": "routes 10", "issuers": "issuers 1", "tokens": "tokens 1,000"}
FIRST = ", first time"


def small(name, variant):
    return name, SMALL[variant.split()[0]] + (FIRST if variant.endswith(FIRST) else "")


def calm(name, _):
    return name, "none"


#: By phase: its title, what was done, and its columns.
SECTIONS = {
    "sat": ("Saturated, one core", "A token seen before, 64 kept connections.", [CPU, RATE, MEMORY, *PEERS]),
    "new": ("Tokens never seen", "Every request another RS256 token; 64 connections.", [CPU, RATE, PEERS[2]]),
    "bad": ("Tokens that are refused", "64 connections, nothing but such tokens.", [CPU, RATE, PEERS[2]]),
    "rate": (
        "Constant rate",
        "Open loop, 32 connections; latency from when a request was due; added: less that of the direct way.",
        [P50, P99, Added("added p50", "p50_us"), Added("added p99", "p99_us"), CPU, *PEERS],
    ),
    "flood": (
        "Good callers beside a flood",
        "Latency of good callers at a constant rate, while refused requests come on 16 other connections.",
        [P50, P99, Ratio("p99 × without", "p99_us", calm), Value("flood/s", "flood_rps", "{:,.0f}")],
    ),
    "scale": (
        "Routes, issuers, live tokens",
        "sidegate alone; the small case stands beside the large one. Memory is the whole process.",
        [CPU, RATE, MEMORY, Ratio("CPU × small", "cpu_us", small)],
    ),
    "conns": (
        "Connections",
        "Many connections share a constant rate, and each is used in turn; the churn is as fast as it goes. One "
        "core, but all cores for the hot connection: latency there is that of other callers.",
        [CPU, RATE, P50, P99, MEMORY, PEERS[0]],
    ),
    "h2": (
        "HTTP/2 callers",
        "Without TLS, 8 connections of 16 streams; HTTP/1.1 to the upstream.",
        [CPU, RATE, PEERS[0]],
    ),
    "tls": ("TLS on both sides", "Kept connections.", [CPU, RATE, PEERS[0]]),
    "websocket": (
        "WebSocket",
        "Messages of 64 bytes there and back, 32 connections. A request is a message and its echo.",
        [CPU, RATE, PEERS[0]],
    ),
    "bodies": (
        "Bodies of 5 MiB",
        "Eight at a time.",
        [Value("CPU ms/body", "cpu_us", "{:.2f}", 0.001), Value("bodies/s", "rps", "{:,.0f}"), MEMORY, PEERS[0]],
    ),
    "cpu01": (
        "A tenth of a core",
        "A control group with 10 ms of CPU time in 100 ms; 16 connections.",
        [CPU, RATE, P50, P99],
    ),
    "start": (
        "Start and memory",
        "To the first answer; memory after start and after load, with shared pages counted once (PSS), and RSS.",
        [
            Value("first answer ms", "start_ms"),
            Value("fresh MiB", "fresh_mib"),
            Value("after load MiB", "memory_mib"),
            Value("after load RSS MiB", "rss_mib"),
            Value("idle CPU µs/s", "idle_us", "{:,.0f}"),
        ],
    ),
}


def versions(programs):
    """What each program calls itself."""
    ask = {"nginx": "-v", "haproxy": "-v", "envoy": "--version", "traefik": "version", "caddy": "version",
           "sidegate": "--version", "wrk": "-v", "h2load": "--version"}
    found = {}
    for name, word in ask.items():
        done = subprocess.run([programs[name], word], capture_output=True, text=True)
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if any(c.isdigit() for c in line)]
        # Some begin with the path of their own file, which is nobody's business.
        found[name] = lines[0].partition("ersion: ")[2].strip() or lines[0] if lines else "unknown"
    return found


def grid(head, rows):
    lines = ["| " + " | ".join(map(str, cells)) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


def section(phase, records):
    title, text, columns = SECTIONS[phase]
    left_out = {f"Left out: {entry['left_out']}.\n": None for entry in records if "left_out" in entry}
    table = Table(records)
    variants = list(dict.fromkeys(variant for _, variant in table.rows))
    rows = []
    for variant in variants:
        for (name, of), runs in table.rows.items():
            if of == variant:
                cells = [column.cell(table, name, variant) for column in columns]
                rows.append([name + figures.marks(runs), *([variant] if any(variants) else []), str(len(runs)), *cells])
    head = ["contestant", *(["case"] if any(variants) else []), "runs", *(column.heading for column in columns)]
    return "\n".join([f"## {title}\n", text + "\n", *left_out, *([grid(head, rows)] if rows else [])])


def checks(records):
    rows = [[entry["name"], entry["group"], "; ".join(entry["problems"]) or "does the job"] for entry in records]
    return "## Who does the job\n\n" + grid(["contestant", "group", "check"], rows)


METHOD = """Each round measures everybody once, and each begins with another contestant; a cell is the median of
the rounds (least to greatest), a ratio is formed inside a round. CPU time is that of the contestant's
processes alone, from the scheduler's counters, scaled to the fastest reading of this machine's speed. A star
marks rows with disturbed runs (others took more than 10 % of the machine), a dagger rows with more than one
answer in a thousand that was not as asked for. How to read this: `benches/peers/README.md`.
"""


def written(records, options, machine, found, seconds):
    """The whole page."""
    records = figures.corrected(records)
    by_phase = {}
    for entry in records:
        by_phase.setdefault(entry["phase"], []).append(entry)
    what = f"{options.rounds} round{'s' if options.rounds > 1 else ''}, {options.seconds} s a load, {seconds / 60:.0f} minutes in all"
    rows = [*machine.items(), *found.items()]
    parts = [f"# sidegate and its peers, {time.strftime('%Y-%m-%d')}\n", f"{what}.\n", METHOD, grid(["", ""], rows)]
    parts += [checks(by_phase.get("check", []))]
    parts += [section(phase, by_phase[phase]) for phase in SECTIONS if phase in by_phase]
    return "\n".join([*parts, noise(records)])


def noise(records):
    runs = [entry for entry in records if "slowdown" in entry]
    if not runs:
        return ""
    slow = sorted(entry["slowdown"] for entry in runs)
    disturbed = sum(entry["foreign"] > figures.DISTURBED for entry in runs)
    return (
        f"Noise: {disturbed} of {len(runs)} runs were disturbed; the core ran at 1/{slow[len(slow) // 2]:.2f} of its "
        f"best speed at the median, 1/{slow[-1]:.2f} at worst.\n"
    )
