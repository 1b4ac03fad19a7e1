"""The first of README's two commands, on a machine that has what the build needs and nothing for the tests."""
import shutil
import subprocess

from daemon import REPO

# pkg-config as on a machine without the tests' own libraries.
PKG_CONFIG = """#!/bin/sh
for word; do [ "$word" != cmocka ] || exit 1; done
exec /usr/bin/pkg-config "$@"
"""


def test_configures_without_what_only_the_tests_need(tmp_path):
    """As quickstart does it: its own line for meson, run with a pkg-config that knows no cmocka."""
    lines = (REPO / "sal-native/quickstart").read_text().splitlines()
    line = next(x for x in lines if "meson setup" in x)
    wrapper = tmp_path / "pkg-config"
    wrapper.write_text(PKG_CONFIG)
    wrapper.chmod(0o755)
    done = subprocess.run(["bash", "-euc", f"build={tmp_path}/build; top={REPO}\n{line}"], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "PKG_CONFIG": str(wrapper), "HOME": str(tmp_path)}, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert (tmp_path / "build/build.ninja").exists()
    shutil.rmtree(tmp_path / "build")
