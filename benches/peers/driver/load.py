"""The load generators: each function makes a load that, when called, runs to its end and returns figures.

`requests` is how many were answered, `wrong` how many of those were not what was asked for.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import processes
from keys import HOST

PATH = "/api/tenants/acme/orders/123"
SCRIPT = Path(__file__).with_name("wrk.lua")


class Load:
    """A program to run, and what to make of its output.

    What happens in its first `settle` seconds is not among the requests it reports.
    """

    def __init__(self, argv, seconds, read, env=None, settle=0):
        self.argv, self.seconds, self.read, self.env = argv, seconds, read, env
        self.settle = settle

    def __call__(self, cores):
        return self.read(processes.output(self.argv, cores, self.seconds, self.env))


@dataclass
class Callers:
    """What the loads of one campaign have in common."""

    programs: dict

    def wrk(self, port, tokens, connections, seconds, path=PATH, tls=False, upload=0, refused=False):
        """Callers on kept connections, as fast as it goes, with the tokens in turn."""
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}{path}"
        argv = [self.programs["wrk"], "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
        argv += ["-s", SCRIPT, url]

        def read(text):
            found = json.loads(re.search(r"^RESULT (.*)$", text, re.MULTILINE).group(1))
            refusals = found.pop("refused")
            found["wrong"] = found["failed"] + (found["requests"] - refusals if refused else refusals)
            return found

        env = {"PEERS_TOKENS": str(tokens), "PEERS_HOST": HOST, "PEERS_UPLOAD": str(upload)}
        return Load(argv, seconds, read, env)

    def call(
        self, port, tokens, connections, seconds=None, rate=None, count=None,
        skip=0, path=PATH, warm=0, opening=0, refused=False,
    ):
        """Callers that count latency from when a request was due. See `tools/src/call.rs`."""
        argv = [self.programs["tools"], "call", "--target", f"127.0.0.1:{port}", "--path", path, "--host", HOST]
        argv += ["--tokens", tokens, "--connections", connections]
        argv += ["--skip", skip, "--warm", warm, "--opening", opening]
        for name, value in (("seconds", seconds), ("rate", rate), ("count", count)):
            if value is not None:
                argv += [f"--{name}", value]

        def read(text):
            found = json.loads(text)
            right = ("401", "403") if refused else ("200",)
            good = sum(found["statuses"].get(status, 0) for status in right)
            found["wrong"] = found["measured"] - good + found["failed"]
            found["rps"] = found["requests"] / found["seconds"]
            return found

        return Load(argv, opening + warm + (seconds or 600), read, settle=opening)

    def h2load(self, port, token, clients, streams, seconds, tls=False):
        """HTTP/2 callers: prior knowledge, or ALPN where there is TLS."""
        argv = [self.programs["h2load"], "-t1", f"-c{clients}", f"-m{streams}", "-D", seconds]
        argv += ["-H", f"authorization: Bearer {token}", "-H", "user-agent: peers/1.0"]
        argv += ["-H", "accept: application/json", "-H", "accept-encoding: gzip, deflate"]
        argv += [f"{'https' if tls else 'http'}://127.0.0.1:{port}{PATH}"]

        def read(text):
            done = int(re.search(r"requests: .*?(\d+) done", text).group(1))
            good = int(re.search(r"status codes: (\d+) 2xx", text).group(1))
            return {"requests": done, "wrong": done - good, "rps": done / seconds}

        return Load(argv, seconds, read)

    def talk(self, port, tokens, connections, seconds):
        """WebSocket messages there and back."""
        argv = [self.programs["tools"], "talk", "--target", f"127.0.0.1:{port}", "--host", HOST]
        argv += ["--path", "/api/tenants/acme/talk", "--tokens", tokens]
        argv += ["--connections", connections, "--seconds", seconds]

        def read(text):
            found = json.loads(text)
            return {**found, "wrong": 0, "rps": found["requests"] / found["seconds"]}

        return Load(argv, seconds, read)
