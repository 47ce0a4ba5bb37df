"""The kit has teeth: each of these broken stores is caught, by the tests that are named for it.

By default each store meets the tests that have to catch it, and a few the contract as a whole.
`SOAK=1` runs the whole contract on every one, and prints which tests caught what.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import broken_contract
import pytest
from broken_contract import CONTROLS
from faults import FAULTS
from kit_runs import QUICK, Outcome, run_kit

CONTRACT = broken_contract.__file__
SOAK = bool(os.environ.get("SOAK"))
MODEL = "test_random_use_gives_what_the_memory_store_gives"
WHOLE = [*FAULTS] if SOAK else ["InclusiveFeed", "Utf16Order", "PartialCommit"]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """Each broken store on the tests that have to catch it."""
    selection = [
        f"{CONTRACT}::Test{name}::{test}"
        for name, fault in FAULTS.items()
        for test in fault.tests
        if test != MODEL
    ]
    return run_kit(selection, tmp_path_factory.mktemp("named"))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_by_the_tests_that_are_named_for_it(
    named: Mapping[str, Outcome], name: str
) -> None:
    outcome = named[f"Test{name}"]
    expected = {*FAULTS[name].tests} - {MODEL}
    assert [test for test in expected if not outcome.fails(test)] == []


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if MODEL in fault.tests])
def test_the_model_alone_catches_the_fault(name: str, tmp_path: Path) -> None:
    outcomes = run_kit([f"{CONTRACT}::Test{name}::{MODEL}"], tmp_path)
    assert outcomes[f"Test{name}"] == Outcome(frozenset({MODEL}), frozenset())


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_contract_finds_the_fault(name: str, tmp_path: Path) -> None:
    outcome = run_kit([f"{CONTRACT}::Test{name}"], tmp_path, *(() if SOAK else QUICK))[
        f"Test{name}"
    ]
    caught = sorted({test.partition("[")[0] for test in outcome.failed})
    print(f"\n{name}: {FAULTS[name].what}: {', '.join(caught)}")
    expected = [test for test in FAULTS[name].tests if SOAK or test != MODEL]
    assert [test for test in expected if not outcome.fails(test)] == []
    # It stands and falls with its one fault: most of what it does is right.
    assert outcome.passed


@pytest.mark.parametrize("name", CONTROLS)
def test_a_store_without_a_fault_passes(name: str, tmp_path: Path) -> None:
    outcome = run_kit([f"{CONTRACT}::Test{name}"], tmp_path, *(() if SOAK else QUICK))[
        f"Test{name}"
    ]
    assert outcome.failed == frozenset()
    assert len(outcome.passed) > 300
