"""Adds up the results in a folder and prints the one line with which tests/run ends.

They are JUnit files, and NAME.passed or NAME.failed for a step without one. The exit code is 1 if
anything failed, or if nothing passed.
"""
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def tally(folder):
    passed = failed = skipped = 0
    for path in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(path).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    passed += len(list(folder.glob("*.passed")))
    return passed, failed + len(list(folder.glob("*.failed"))), skipped


if __name__ == "__main__":
    passed, failed, skipped = tally(Path(sys.argv[1]))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0 or passed == 0)
