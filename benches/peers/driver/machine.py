"""What the machine says: CPU time and memory of process trees, who else is busy, how fast a core runs."""

import os
import platform
import re
import resource
import statistics
import threading
import time
from pathlib import Path

CORES = os.cpu_count() or 1
TICK = os.sysconf("SC_CLK_TCK")


def read(path):
    """A file of /proc, or nothing when its process is gone."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def tree(root):
    """A process and all its descendants."""
    children = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            fields = read(f"/proc/{entry.name}/stat").rpartition(")")[2].split()
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def cpu_us(pids):
    """Time on a core so far, from the scheduler's own nanoseconds, of every thread."""
    total = 0
    for pid in pids:
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            fields = read(f"/proc/{pid}/task/{thread}/schedstat").split()
            total += int(fields[0]) if fields else 0
    return total / 1000


def resident_mib(pids, kind="Pss"):
    """Resident memory: pages that processes share are counted once, or with `Rss` in each of them."""
    total = 0
    for pid in pids:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith(f"{kind}:"):
                total += int(line.split()[1])
    return total / 1024


def busy_seconds():
    """Time that the cores have worked, stolen time left out, since the machine started."""
    fields = [int(word) for word in read("/proc/stat").split("\n")[0].split()[1:9]]
    user, nice, system, _idle, _wait, irq, softirq, _steal = fields
    return (user + nice + system + irq + softirq) / TICK


def own_seconds():
    """Time that this driver and the load generators it waited for have taken."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in who)


def wait_until_quiet(limit):
    """Waits until other processes leave the machine alone, at most `limit` seconds; says how long it took."""
    start = time.monotonic()
    while time.monotonic() - start < limit:
        before = busy_seconds()
        time.sleep(0.25)
        if (busy_seconds() - before) / (0.25 * CORES) < 0.15:
            break
    return time.monotonic() - start


def piece(size):
    """A fixed piece of work, of everyday instructions: it finds a core slow when a proxy finds it slow."""
    total = 0
    for number in range(size):
        total += number * number % 7
    return total


class Speed(threading.Thread):
    """How fast a core runs while a load lasts: a fixed piece of work on it, timed in CPU time, now and then.

    The cores of a shared host change their speed by up to a factor of two within seconds. A run's CPU
    time is scaled with this reading to the speed of the fastest run.
    """

    def __init__(self, cores):
        super().__init__(daemon=True)
        self.cores = cores
        self.done = threading.Event()
        self.times = []

    def run(self):
        os.sched_setaffinity(0, self.cores)  # Of this thread alone.
        while True:
            piece(50)  # So that a cold cache is not counted.
            start = time.thread_time_ns()
            piece(1000)
            self.times.append((time.thread_time_ns() - start) / 1000)
            if self.done.wait(0.05):
                return

    def result(self):
        """Microseconds for the piece: the middle, the tenth at either end left out."""
        self.done.set()
        self.join()
        times = sorted(self.times)
        cut = len(times) // 10
        return statistics.mean(times[cut : len(times) - cut])


def described():
    """What a reader of the table wants to know about this machine."""
    model = re.search(r"^model name\s*: (.*)$", read("/proc/cpuinfo"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+)", read("/proc/meminfo"), re.MULTILINE)
    return {
        "processor": model.group(1) if model else platform.machine(),
        "cores": CORES,
        "memory": f"{int(memory.group(1)) / 2**20:.0f} GiB" if memory else "unknown",
        "kernel": platform.release(),
    }
