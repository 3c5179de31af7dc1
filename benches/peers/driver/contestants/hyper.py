"""The anchor: a plain proxy on the libraries that the gate is made of. See `tools/src/proxy.rs`."""

from contestants import Launch


def plain(setting):
    argv = [setting.programs["tools"], "proxy", "--listen", f"127.0.0.1:{setting.port}"]
    argv += ["--upstream", f"127.0.0.1:{setting.upstream}", "--threads", setting.threads]
    return Launch(argv)
