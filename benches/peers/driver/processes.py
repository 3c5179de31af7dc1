"""Starting processes, and making sure that none is left behind."""

import ctypes
import os
import signal
import socket
import subprocess
import time

import machine

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
EVERY_CORE = set(range(machine.CORES))


class Failed(Exception):
    """Something did not start or did not answer. The message says where to look."""


def end_with_parent():
    """However this driver ends, also when it is killed, its processes are told to end."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def prepared(cores, join=None):
    """What a new process does before it becomes the program: its place, its rank, and its end with ours."""

    def prepare():
        os.sched_setaffinity(0, cores)
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -10)  # All alike, above what else a shared machine does.
        except OSError:
            pass
        end_with_parent()
        for group in join or ():
            with open(group, "w") as file:
                file.write(str(os.getpid()))

    return prepare


class Ports:
    """Free ports below the range that the kernel gives to outgoing connections."""

    def __init__(self):
        self.next = 18000 + os.getpid() % 400 * 25

    def take(self):
        while True:
            self.next = self.next + 1 if self.next < 32000 else 18000
            with socket.socket() as trial:
                try:
                    trial.bind(("127.0.0.1", self.next))
                    return self.next
                except OSError:
                    continue


class Process:
    """A process in a group of its own."""

    everyone = []

    def __init__(self, name, argv, folder, cores, env=None, silent=False, join=None):
        self.name = name
        self.log = folder / f"{name}.log"
        self.started = time.perf_counter()
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if silent else log,
                stderr=log,
                env={**os.environ, **(env or {})},
                cwd=folder,
                start_new_session=True,
                preexec_fn=prepared(cores, join),
            )
        self.everyone.append(self)

    def tree(self):
        return machine.tree(self.popen.pid)

    def wait_for_answer(self, port, limit=30):
        """Milliseconds from the start to the first HTTP answer that is no 404 and no 5xx."""
        while time.perf_counter() - self.started < limit and self.popen.poll() is None:
            if answers(port):
                return (time.perf_counter() - self.started) * 1000
            time.sleep(0.0005)
        raise Failed(f"{self.name} did not start: see {self.log}")

    def wait_for_port(self, port, limit=30):
        while time.perf_counter() - self.started < limit and self.popen.poll() is None:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    return (time.perf_counter() - self.started) * 1000
            time.sleep(0.0005)
        raise Failed(f"{self.name} did not start: see {self.log}")

    def stop(self):
        """Asks, waits a little, then insists, with the whole group."""
        if self not in self.everyone:
            return
        self.signal(signal.SIGTERM)
        try:
            self.popen.wait(2)
        except subprocess.TimeoutExpired:
            pass
        self.signal(signal.SIGKILL)
        self.popen.wait()
        self.everyone.remove(self)

    def signal(self, number):
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            pass


def answers(port):
    """Whether somebody answers HTTP here, be it with a refusal."""
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5) as stream:
            stream.settimeout(2)
            stream.sendall(b"GET /api/tenants/acme/ready HTTP/1.1\r\nHost: api.peers.test\r\nConnection: close\r\n\r\n")
            head = stream.recv(16)
            return head.startswith(b"HTTP/1.1 ") and int(head[9:12]) < 404
    except (OSError, ValueError):
        return False


def kill_all():
    """At once, and without waiting: for a signal handler. Whoever waits for one of them goes on."""
    for process in list(Process.everyone):
        process.signal(signal.SIGKILL)


def stop_all():
    for process in list(Process.everyone):
        process.stop()


def output(argv, cores, seconds, env=None):
    """Runs a load generator to its end, on these cores; what it wrote."""
    process = Process.__new__(Process)
    process.name = str(argv[0])
    process.popen = subprocess.Popen(
        [str(word) for word in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
        start_new_session=True,
        preexec_fn=prepared(cores),
    )
    Process.everyone.append(process)
    try:
        out, err = process.popen.communicate(timeout=seconds + 60)
    except subprocess.TimeoutExpired:
        raise Failed(f"{argv[0]} did not come to an end") from None
    finally:
        process.stop()
    if process.popen.returncode != 0:
        raise Failed(f"{argv[0]} failed: {err.strip() or out.strip()}")
    return out
