"""The process itself: options, sockets and locks, signals, systemd's two protocols, the log, EMFILE; S5 and S6."""
import json
import os
import re
import resource
import signal
import stat
import subprocess
import time

import pytest

import daemon as daemon_module
from http1 import SLOW, BrokenTransfer, eventually

CALL = b'{"jsonrpc":"2.0","id":1,"method":"net.neighbors"}'


def run(*args, **kw):
    """The binary run to its end with these arguments."""
    return subprocess.run([daemon_module.NATIVE, *map(str, args)], capture_output=True, text=True, timeout=60,
                          env={"PATH": daemon_module.PATH, **daemon_module.SANITIZER_ENV}, **kw)


def refuses_to_start(start, words, **kw):
    """A start that fails: says why on stderr, exits with a small code, makes no socket."""
    d = start(ready=False, **kw)
    code = d.wait()
    assert 0 < code < 64, (code, d.log())
    assert re.search(words, d.log()), d.log()
    d.process.returncode = 0  # as it should be; nothing left to stop
    return d


# options

def test_version():
    done = run("--version")
    assert done.returncode == 0 and re.fullmatch(r"sal-native \d+\.\d+\.\d+\n", done.stdout) and not done.stderr


def test_help_names_every_option():
    done = run("--help")
    assert done.returncode == 0 and not done.stderr
    for option in ("--socket", "--socket-mode", "--socket-group", "--state-dir", "--acl", "--check-acl", "--log-format",
                   "-v", "--version", "--help"):
        assert option in done.stdout, option
    assert run("-h").stdout == done.stdout


@pytest.mark.parametrize("args", [["--nosuch"], ["--socket"], ["--socket="], ["--socket-mode", "999"], ["--socket-mode", "abc"],
                                  ["--max-body", "-1"], ["--max-body", "0"], ["--max-body", "1k"], ["--max-body", "99999999999999999999"],
                                  ["--max-body", ""], ["--log-format", "xml"], ["--verbose=1"], ["stray"], ["-x"],
                                  ["--max-depth", "1"], ["--idle-timeout", "1.5"], ["--idle-timeout", " 5"]])
def test_bad_options(args):
    done = run(*args)
    assert 0 < done.returncode < 64 and not done.stdout
    assert args[0].split("=")[0] in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_option_with_equals_sign(start):
    start(args=["--max-batch=2"]).rpc([{"jsonrpc": "2.0", "id": 1, "method": "rpc.health"}] * 2)


# the socket

def test_socket_mode_and_group(start):
    sal = start(args=["--socket-mode", "0620", "--socket-group", "daemon"])
    st = os.stat(sal.socket)
    assert stat.S_IMODE(st.st_mode) == 0o620 and st.st_gid == 1
    with pytest.raises(ConnectionError):
        sal.client(uid=2000).connection()
    sal.client(uid=2000, groups=[1]).call("rpc.health")


def test_socket_is_open_to_all_by_default(sal):
    assert stat.S_IMODE(os.stat(sal.socket).st_mode) == 0o666


def test_unknown_socket_group(start):
    refuses_to_start(start, "nosuchgroup", args=["--socket-group", "nosuchgroup"])


def test_default_socket_path(start, tmp_path):
    """$HERO_SOCKET_DIR, else ~/hero/var/sockets; folders are made, 0755."""
    base = tmp_path / "sockets"
    tmp_path.chmod(0o755)
    start(socket=False, env={"HERO_SOCKET_DIR": str(base)})
    assert stat.S_ISSOCK(os.stat(base / "hero_db_root_os.sock").st_mode)
    assert stat.S_IMODE(os.stat(base).st_mode) == 0o755
    home = start(socket=False)
    made = home.dir / "hero" / "var" / "sockets"
    assert stat.S_ISSOCK(os.stat(made / "hero_db_root_os.sock").st_mode)
    assert stat.S_IMODE(os.stat(made).st_mode) == 0o755


def test_folder_that_others_may_write(start, tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    refuses_to_start(start, "writ", socket=folder / "sal.sock")
    assert not (folder / "sal.sock").exists()


def test_s6_stale_socket_is_replaced(start):
    sal = start()
    sal.kill()
    assert sal.socket.exists()
    sal.messages.clear()
    sal.start()
    sal.call("rpc.health")


def test_s6_live_socket_is_an_error(start):
    first = start()
    refuses_to_start(start, "sal.sock", socket=first.socket)
    first.call("rpc.health")
    with first.connection() as c:
        assert c.request("GET", "/health").status == 200


@pytest.mark.parametrize("kind", ["symlink", "dangling", "directory", "file", "fifo"])
def test_s6_socket_path_is_something_else(start, tmp_path, kind):
    """It is left as it is, and the daemon does not start."""
    path, target = tmp_path / "sal.sock", tmp_path / "target"
    tmp_path.chmod(0o755)
    if kind in ("symlink", "file"):
        (target if kind == "symlink" else path).write_text("precious")
    if kind in ("symlink", "dangling"):
        path.symlink_to(target)
    if kind == "directory":
        path.mkdir()
    if kind == "fifo":
        os.mkfifo(path)
    before = os.lstat(path)
    refuses_to_start(start, "sal.sock", socket=path)
    assert (os.lstat(path).st_ino, os.lstat(path).st_mode) == (before.st_ino, before.st_mode)
    assert kind != "dangling" or not target.exists()


def test_socket_path_too_long(start, tmp_path):
    refuses_to_start(start, "long", socket=tmp_path / ("x" * 120))


def test_socket_is_removed_at_the_end(start):
    sal = start()
    assert sal.terminate() == 0
    assert not sal.socket.exists()


# S5: two daemons

def test_s5_one_state_folder(start):
    first = start()
    refuses_to_start(start, "state", state_dir=first.state_dir)
    first.call("rpc.health")


def test_s5_started_at_once(start, tmp_path):
    """Of eight that want the same folder, exactly one serves."""
    tmp_path.chmod(0o755)
    all_ = [start(ready=False, socket=tmp_path / f"{i}.sock", state_dir=tmp_path / "state") for i in range(8)]
    eventually(lambda: sum(d.process.poll() is not None for d in all_) == 7, "seven give up")
    alive = [d for d in all_ if d.process.poll() is None]
    for d in all_:
        if d not in alive:
            d.process.returncode = 0
    alive[0].wait_message("READY=1")
    alive[0].load_spec()
    alive[0].call("rpc.health")


def test_state_folder_is_private(start):
    sal = start()
    assert stat.S_IMODE(os.stat(sal.state_dir).st_mode) & 0o077 == 0


# signals

@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_stops_on_a_signal(start, sig):
    sal = start()
    sal.call("rpc.health")
    idle = sal.connection()
    assert sal.terminate(sig) == 0
    assert idle.closed()
    idle.close()


def test_running_call_ends_and_new_ones_are_refused(start, ns):
    """On SIGTERM the answer under way is delivered whole; nobody new gets in."""
    ns.batch(f"route add 10.8.{i // 250}.{i % 250} dev lo" for i in range(30000))
    sal = start()
    slow, idle = sal.connection(), sal.connection()
    body = b'{"jsonrpc":"2.0","id":1,"method":"net.routes"}'
    slow.send(b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    head = slow.head()
    assert head[0] == 200
    sal.process.terminate()
    sal.wait_message("STOPPING=1")
    with pytest.raises((ConnectionError, FileNotFoundError, BrokenTransfer, OSError)):
        with sal.connection() as c:
            c.request("GET", "/health")
    text, _ = slow.chunked()
    assert len(json.loads(text)["result"]["routes"]) == 30000
    assert sal.wait() == 0
    slow.close()
    idle.close()


def test_sigpipe_and_stray_signals_are_survived(sal):
    for sig in (signal.SIGPIPE, signal.SIGHUP, signal.SIGWINCH, signal.SIGCHLD):
        sal.process.send_signal(sig)
    sal.call("rpc.health")


def test_started_with_signals_blocked_or_ignored(start):
    """What a careless parent left blocked does not make it deaf."""
    sal = start(wrap=["env", "--ignore-signal=INT", "--block-signal=TERM"])
    sal.call("rpc.health")
    assert sal.terminate() == 0


# systemd

def test_ready_and_stopping(start):
    sal = start()
    assert "READY=1" in sal.messages
    assert sal.terminate() == 0
    sal.notify.settimeout(1)
    rest = sal.notify.recv(4096).decode()
    assert "STOPPING=1" in rest


def test_reload_is_reported(start):
    """RELOADING with the clock, then READY, as Type=notify-reload wants it."""
    sal = start(acl=ACL)
    sal.messages.clear()
    sal.reload()
    sal.wait_message("READY=1")
    assert sal.messages[0] == "RELOADING=1"
    assert any(re.fullmatch(r"MONOTONIC_USEC=\d+", m) for m in sal.messages)


def test_socket_activation(start):
    sal = start(activated=True)
    sal.call("net.neighbors")
    assert sal.terminate() == 0
    assert sal.socket.exists(), "the socket is systemd's, it stays"


def test_activation_meant_for_another_process(start):
    """LISTEN_PID of somebody else: these descriptors are not ours."""
    sal = start(env={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
    sal.call("rpc.health")


ACL = """
[[group]]
name = "admins"
users = ["uid:0"]
[[ace]]
right = "admin"
groups = ["admins"]
[policy]
anonymous_local = "none"
"""


# SIGHUP; what is in the file is test_acl.py's

def test_sighup_takes_the_new_policy(start):
    sal = start(acl=ACL)
    other = sal.client(uid=2000)
    other.error("net.neighbors", kind="FORBIDDEN")
    sal.write_acl(ACL.replace('"none"', '"read"'))
    sal.reload()
    eventually(lambda: "result" in other.ask("net.neighbors"), "the new policy is in force on a live connection")


def test_sighup_with_a_bad_file_keeps_the_old_policy(start):
    sal = start(acl=ACL)
    sal.write_acl(ACL + "nonsense = 1\n")
    sal.reload()
    line = sal.log_wait("nonsense")
    assert re.search(r"acl\.toml:\d+:\d+", line), line
    sal.call("net.neighbors")
    sal.client(uid=2000).error("net.neighbors", kind="FORBIDDEN")
    sal.acl.unlink()
    sal.reload()
    eventually(lambda: sal.log().count("acl.toml") >= 2, "the missing file is reported")
    sal.client(uid=2000).error("net.neighbors", kind="FORBIDDEN")


# --check-acl

def test_check_acl(tmp_path):
    path = tmp_path / "acl.toml"
    path.write_text(ACL)
    path.chmod(0o644)
    good = run("--check-acl", path)
    assert (good.returncode, good.stdout) == (0, "OK\n")
    path.write_text(ACL.replace('"admin"\n', '"root"\n'))
    bad = run("--check-acl", path)
    assert bad.returncode == 1
    assert re.search(r"acl\.toml:6:\d+: ", bad.stdout + bad.stderr), bad


# the log

@pytest.mark.sal(acl=ACL)
def test_log_of_a_refusal(sal):
    """A line with method, principal, right and outcome; reads that went well leave none."""
    sal.call("net.neighbors")
    sal.client(uid=2000).error("net.routes", kind="FORBIDDEN")
    line = sal.log_wait("net.routes")
    assert "uid:2000" in line and "FORBIDDEN" in line and "read" in line
    assert "net.neighbors" not in sal.log()


@pytest.mark.sal(args=["-v"])
def test_log_of_reads_with_v(sal):
    sal.call("net.neighbors")
    assert "uid:0" in sal.log_wait("net.neighbors")


@pytest.mark.sal(args=["-v", "--log-format", "json"], acl=ACL)
def test_log_in_json(sal):
    """Every line is one object; a refusal has its parts as members."""
    sal.client(uid=2000).error("net.routes", kind="FORBIDDEN")
    sal.log_wait("net.routes")
    lines = [json.loads(line) for line in sal.log().splitlines()]
    refusal = next(x for x in lines if x.get("method") == "net.routes")
    assert refusal["principal"] == "anonymous_local (uid:2000)" and refusal["outcome"] == "FORBIDDEN" and refusal["right"] == "read"
    assert "ms" not in refusal, "it was not run"
    sal.call("net.neighbors")
    sal.log_wait("net.neighbors")
    read = next(x for x in map(json.loads, sal.log().splitlines()) if x.get("method") == "net.neighbors")
    assert read["principal"] == "uid:0" and read["outcome"] == "ok" and read["ms"] >= 0


@pytest.mark.sal(args=["-v"])
def test_log_shows_no_control_characters(sal):
    """What a caller sends cannot forge a line or move the reader's cursor."""
    sal.rpc({"jsonrpc": "2.0", "id": 1, "method": "x\nFAKE line\x1b[2J"})
    sal.error("net.neighbors", dev="a\n<0>FAKE")
    sal.call("rpc.health")
    sal.call("net.neighbors")
    sal.log_wait("net.neighbors")
    assert not re.search(r"^(FAKE|<0>FAKE)", sal.log(), re.M) and "\x1b" not in sal.log()


@pytest.mark.sal(acl=ACL)
def test_refusals_of_one_uid_do_not_flood_the_log(sal):
    """Ten a second, then a count."""
    other = sal.client(uid=2000)
    for _ in range(300):
        other.error("net.routes", kind="FORBIDDEN")
    third = sal.client(uid=2001)
    third.error("net.neighbors", kind="FORBIDDEN")
    sal.log_wait("uid:2001")
    assert 10 <= len([x for x in sal.log().splitlines() if "uid:2000" in x and "net.routes" in x]) < 150
    sal.log_wait("more")


# too few descriptors

def crowd(sal, first):
    """A hundred connections that send half a request, so that none of them is idle; and the one of before."""
    held = [sal.client(uid=2000 + i % 3).connection() for i in range(100)]
    for c in held:
        try:
            c.send(b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # turned away already
    begin = sal.cpu()
    time.sleep(1)  # a second in which it must not be busy
    assert sal.cpu() - begin < 0.3 * SLOW
    assert first.request("GET", "/health").status == 200
    assert first.request("POST", "/rpc", CALL).status == 200
    for c in held:
        c.close()


def test_few_descriptors_allowed(start):
    """Started with a low limit it says so, and takes no more connections than it can serve."""
    sal = start(wrap=["prlimit", "--nofile=64:64"])
    assert "open files" in sal.log()
    first = sal.connection()
    assert first.request("GET", "/health").status == 200
    crowd(sal, first)
    assert sal.fds() <= 64
    eventually(lambda: sal.connection().request("GET", "/health").status == 200, "there is room again")
    first.close()


def test_emfile(start):
    """Out of descriptors: says no without spinning, serves those it has, takes new ones when there is room."""
    sal = start()
    first = sal.connection()
    assert first.request("POST", "/rpc", CALL).status == 200
    resource.prlimit(sal.pid, resource.RLIMIT_NOFILE, (sal.fds() + 4, 20000))
    crowd(sal, first)
    with sal.connection() as c:
        assert c.request("POST", "/rpc", CALL).status == 200
    first.close()


def test_without_standard_descriptors(start):
    """Started with 0, 1 and 2 closed, no socket ends up where the log is written."""
    sal = start(wrap=["bash", "-c", 'exec 0<&- 1>&- 2>&-; exec "$@"', "x"])
    sal.client(uid=2000).call("net.neighbors")
    sal.call("rpc.health")


def test_idle_daemon_does_not_wake_up(sal):
    sal.call("net.neighbors")
    sal.close()
    switches = lambda: sum(int(x.split()[1]) for t in os.listdir(f"/proc/{sal.pid}/task")
                           for x in open(f"/proc/{sal.pid}/task/{t}/status") if "ctxt_switches" in x)
    time.sleep(0.3)
    before = switches()
    time.sleep(2)
    assert switches() - before <= (6 if SLOW == 1 else 60)  # sanitizers have threads of their own
