#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts test cases for ./dev: `tally.py events.json...` reads Bazel's build events and the XML files they name, and
`tally.py --xml file...` reads XML files alone. Prints `passed failed skipped`; the names of failures go to stderr.

A target that does not build, ends by a signal after its last case, or is never reported counts as one failure.
"""
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ET


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def fail(self, name, why="failed"):
        self.failed += 1
        print(f"  {why}: {name}", file=sys.stderr)

    def case(self, label, case):
        name = f"{label} {case.get('classname', '')}.{case.get('name', '')}"
        if case.find("failure") is not None or case.find("error") is not None:
            self.fail(name)
        elif case.find("skipped") is not None or case.get("result") == "skipped" or case.get("status") == "notrun":
            self.skipped += 1
            print(f"  skipped: {name}", file=sys.stderr)
        else:
            self.passed += 1

    def xml(self, label, path, failed_outside=False):
        before = self.failed
        try:
            for case in ET.parse(path).getroot().iter("testcase"):
                self.case(label, case)
        except (OSError, ET.ParseError) as error:
            self.fail(label, f"no result ({error})")
        if failed_outside and self.failed == before:
            self.fail(label, "ended badly after its cases")

    def events(self, path):
        expected, reported, errors = set(), set(), []
        with open(path, encoding="utf-8") as file:
            for event in map(json.loads, file):
                identity = event["id"]
                if event.get("configured", {}).get("testSize"):
                    expected.add(identity["targetConfigured"]["label"])
                if "testResult" in event:
                    label = identity["testResult"]["label"]
                    reported.add(label)
                    outputs = {o["name"]: o.get("uri", "") for o in event["testResult"].get("testActionOutput", [])}
                    xml = urllib.parse.unquote(urllib.parse.urlparse(outputs.get("test.xml", "")).path)
                    self.xml(label, xml, event["testResult"]["status"] not in ("PASSED", "FLAKY"))
                if "aborted" in event and event["aborted"].get("reason") in ("LOADING_FAILURE", "ANALYSIS_FAILURE"):
                    errors.append(event["aborted"].get("description", "") or str(identity))
        for error in errors:
            self.fail(error, "cannot load")
        for label in sorted(expected - reported):
            self.fail(label, "not built or not run")
        if not expected and not errors:
            self.fail(path, "a stage without tests")


def main(args):
    tally = Tally()
    if args[0] == "--xml":
        for path in args[1:]:
            tally.xml(path, path)
    else:
        for path in args:
            tally.events(path)
    print(tally.passed, tally.failed, tally.skipped)


if __name__ == "__main__":
    main(sys.argv[1:])
