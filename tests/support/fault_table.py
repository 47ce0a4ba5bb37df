"""Prints which tests of the kit catch which broken store, as a table in Markdown.

    python tests/support/fault_table.py                the tests named for each
    python tests/support/fault_table.py whole          all that fail, of the whole contract
    python tests/support/fault_table.py quick          the same without the two slowest tests
    python tests/support/fault_table.py quick NAME...  for some stores only

Needs the environment of the tests: placet, its plugins and this folder importable.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import broken_contract
from faults import FAULTS
from kit_runs import QUICK, run_kit

MODES = ("named", "quick", "whole")


def table(names: list[str], mode: str) -> None:
    """Print a row as soon as it is known."""
    print("| store | fault | tests that fail |\n|---|---|---|")
    for name in names:
        found = {test.partition("[")[0] for test in FAULTS[name].tests}
        if mode != "named":
            with TemporaryDirectory() as folder:
                place = f"{broken_contract.__file__}::Test{name}"
                options = QUICK if mode == "quick" else ()
                outcome = run_kit([place], Path(folder), *options)[f"Test{name}"]
            found = {test.partition("[")[0] for test in outcome.failed}
        print(f"| {name} | {FAULTS[name].what} | {', '.join(sorted(found))} |", flush=True)


if __name__ == "__main__":
    mode, *chosen = sys.argv[1:] or ["named"]
    if mode not in MODES:
        raise SystemExit(f"{mode!r} is not one of {', '.join(MODES)}")
    table(chosen or [*FAULTS], mode)
