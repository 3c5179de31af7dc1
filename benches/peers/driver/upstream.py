"""The app behind everybody: nginx with a fixed answer, and a sink for bodies and messages."""

from contestants.nginx import certificate, nginx
from processes import Process

BODY = '{"id":123,"tenant":"acme","status":"shipped","total":{"amount":"129.90","currency":"EUR"},"items":3}'
BIG = 5 * 2**20

HTTP = """
  server {{
    listen 127.0.0.1:{main} reuseport backlog=4096;
    listen 127.0.0.1:{tls} ssl reuseport backlog=4096; {certificate}
    location / {{ return 200 '{body}'; }}
    location ~ /echo$ {{ return 200 '$http_x_user|$http_x_tenant|$http_x_roles|$http_x_email'; }}
    location ~ /big$ {{ root {folder}; try_files /big =404; }}
  }}
  server {{
    listen 127.0.0.1:{closing} reuseport backlog=4096;
    keepalive_timeout 0;
    location / {{ return 200 '{body}'; }}
  }}
"""


class Upstream:
    """Listens on `main`; on `closing`, where every answer ends the connection; on `tls`; and `sink`."""

    def __init__(self, place, cores):
        take = place.ports.take
        self.main, self.closing, self.tls, self.sink = take(), take(), take(), take()
        folder = place.folder("upstream")
        (folder / "big").write_bytes(bytes(range(256)) * (BIG // 256))
        http = HTTP.format(
            main=self.main, closing=self.closing, tls=self.tls, body=BODY, folder=folder,
            certificate=certificate(place.keys),
        )
        argv = nginx(folder, place.programs["nginx"], http, 1, 65536)
        self.processes = [Process("upstream", argv, folder, cores)]
        sink = [place.programs["tools"], "sink", "--listen", f"127.0.0.1:{self.sink}"]
        self.processes.append(Process("sink", sink, folder, cores))
        self.processes[0].wait_for_answer(self.main)
        self.processes[1].wait_for_answer(self.sink)

    def tree(self):
        return [pid for process in self.processes for pid in process.tree()]

    def stop(self):
        for process in self.processes:
            process.stop()
