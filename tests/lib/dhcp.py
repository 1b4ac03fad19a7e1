"""Real DHCP servers and clients, and router advertisements, around one daemon under test.

The daemon, and the clients, run in the test's own namespace with link eth0; its other end is "lan" in a
namespace "srv" of the servers. What is started here is ended here, by its pid. No client touches
resolv.conf or the host name: each gets a script of ours, or none.
"""
import csv
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from http1 import PATIENCE, eventually

# What a client does with its lease, and no more: addresses and their lifetimes.
SCRIPT = r"""#!/bin/sh
case "$reason" in
BOUND|RENEW|REBIND|REBOOT)
	ip -4 addr replace "$new_ip_address/$new_subnet_mask" dev "$interface" \
		valid_lft "$new_dhcp_lease_time" preferred_lft "$new_dhcp_lease_time" ;;
EXPIRE|RELEASE|STOP)
	[ -z "$old_ip_address" ] || ip -4 addr flush dev "$interface" ;;
BOUND6|RENEW6|REBIND6)
	[ -z "$new_ip6_address" ] || ip -6 addr replace "$new_ip6_address/128" dev "$interface" nodad \
		valid_lft "$new_max_life" preferred_lft "$new_preferred_life" ;;
EXPIRE6|RELEASE6|STOP6)
	[ -z "$old_ip6_address" ] || ip -6 addr del "$old_ip6_address/128" dev "$interface" ;;
esac
exit 0
"""


class Dhcp:
    """Use as a context manager: with Dhcp(ns) as lab: lab.dnsmasq(…); lab.dhclient(…)."""

    def __init__(self, ns):
        self.ns = ns
        self.dir = Path(tempfile.mkdtemp(prefix="sal-dhcp-", dir="/tmp"))
        self.dir.chmod(0o777)
        self.processes = []
        self.script = self.dir / "script"
        self.script.write_text(SCRIPT)
        self.script.chmod(0o755)
        ns.sh("""
ip netns add srv
ip link add eth0 type veth peer name lan netns srv
echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad
ip netns exec srv sh -c 'echo 0 > /proc/sys/net/ipv6/conf/lan/accept_dad; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
ip -n srv link set lo up
ip -n srv addr add 192.168.50.1/24 dev lan
ip -n srv addr add fd50::1/64 dev lan nodad
ip -n srv link set lan up
ip link set eth0 up
mkdir -p /run/kea /var/lib/dhcp /var/lib/dhcpcd /var/lib/NetworkManager
""")
        eventually(lambda: "fe80" in ns.run("ip -6 addr show dev eth0 scope link -tentative") and
                   "fe80" in ns.run("ip -n srv -6 addr show dev lan scope link -tentative"), "both ends are up")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.end(process, signal.SIGKILL)
        for log in sorted(self.dir.glob("*.out")):
            print(f"--- {log.name} ---\n{log.read_text(errors='backslashreplace')[-3000:]}")
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self, name, command, srv=False, env=None):
        """Starts a program in the clients' or the servers' namespace; its output goes to NAME.out."""
        argv = [*(["ip", "netns", "exec", "srv"] if srv else []), *(str(c) for c in command)]
        with open(self.dir / f"{name}.out", "ab") as out:
            process = self.ns.popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                    env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **(env or {})})
        self.processes.append(process)
        return process

    def end(self, process, sig=signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(sig)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, name):
        path = self.dir / f"{name}.out"
        return path.read_text(errors="backslashreplace") if path.exists() else ""

    # servers

    def dnsmasq(self, *options):
        process = self.start("dnsmasq", [
            "dnsmasq", "--no-ping", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--user=root", f"--pid-file={self.dir}/dnsmasq.pid", "--interface=lan", "--bind-interfaces", "--port=0",
            f"--dhcp-leasefile={self.dir}/dnsmasq.leases", "--log-dhcp", "--log-facility=-", *options], srv=True)
        eventually(lambda: "DHCP, IP range" in self.log("dnsmasq") or "DHCPv6, IP range" in self.log("dnsmasq"), "dnsmasq is up")
        return process

    def dnsmasq_leases(self):
        """[expires, mac, address, hostname, client id] of each."""
        return [line.split() for line in (self.dir / "dnsmasq.leases").read_text().splitlines()]

    def kea(self, version, config):
        """kea-dhcp4 or kea-dhcp6 with a memfile; config is the members of Dhcp4 or Dhcp6."""
        name = f"kea-dhcp{version}"
        whole = {"interfaces-config": {"interfaces": ["lan"], **({"dhcp-socket-type": "raw"} if version == 4 else {})},
                 "control-socket": {"socket-type": "unix", "socket-name": f"{self.dir}/{name}.sock"},
                 "lease-database": {"type": "memfile", "persist": True, "name": f"{self.dir}/{name}.csv", "lfc-interval": 0},
                 "loggers": [{"name": name, "output_options": [{"output": "stderr"}], "severity": "INFO"}],
                 **({"data-directory": str(self.dir)} if version == 6 else {}), **config}
        path = self.dir / f"{name}.json"
        path.write_text(json.dumps({f"Dhcp{version}": whole}))
        process = self.start(name, [name, "-c", path], srv=True,
                             env={"KEA_PIDFILE_DIR": str(self.dir), "KEA_LOCKFILE_DIR": str(self.dir)})
        eventually(lambda: "_STARTED" in self.log(name), f"{name} is up", within=3 * PATIENCE)
        return process

    def kea_leases(self, version):
        """The last row of each address or prefix in the server's lease file."""
        rows = csv.DictReader((self.dir / f"kea-dhcp{version}.csv").read_text().splitlines())
        return {row["address"]: row for row in rows}

    def radvd(self, text):
        config = self.dir / "radvd.conf"
        config.write_text(text)
        config.chmod(0o644)
        return self.start("radvd", ["radvd", "-n", "-C", config, "-p", self.dir / "radvd.pid", "-m", "stderr"], srv=True)

    # clients

    def dhclient(self, version, *options, leases=None, config=None, script=None):
        """In the foreground, so that the pid is its own."""
        name = "dhclient" if version == 4 else "dhclient6"
        leases = leases or f"/var/lib/dhcp/{name}.eth0.leases"
        if config is not None:
            (self.dir / "dhclient.conf").write_text(config)
        return self.start(name, ["dhclient", f"-{version}", "-d", "-lf", leases, "-pf", self.dir / f"{name}.pid",
                                 *(["-cf", self.dir / "dhclient.conf"] if config is not None else []),
                                 "-sf", script or self.script, *options, "eth0"])

    def dhcpcd(self, config, *options):
        path = self.dir / "dhcpcd.conf"
        path.write_text("duid\npersistent\nnohook resolv.conf, hostname, ntp\nnoipv4ll\n" + config)
        return self.start("dhcpcd", ["dhcpcd", "-f", path, "-c", "/bin/true", "-B", "-d", *options, "eth0"])
