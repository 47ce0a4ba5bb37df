"""A token that is revoked, at an evaluation: known by the index, as the answer is."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from authzen_client import ALICE, BUNDLE, KEY, RECORD_1, Pep

from placet import SYSTEM, Assignment, Placet, ServiceAccount
from placet.storage.port import Waitable
from placet.testing import PlacetUnderTest
from placet_falcon import SURFACES, SurfaceCatalogues

ASKED = {"subject": ALICE, "action": {"name": "read"}, "resource": RECORD_1}
BATCH = {**ASKED, "evaluations": [{}, {}]}
WHO = "service_account:pep"
PATIENCE_S = 30.0


def opened(file: Path, **options: object) -> PlacetUnderTest:
    return PlacetUnderTest.open(
        f"sqlite:///{file}",
        directory="closed",
        plugins=[SurfaceCatalogues(SURFACES)],
        secret_keys=(KEY,),
        **options,  # type: ignore[arg-type]  # options of Placet.open
    )


@pytest.fixture
def placet(tmp_path: Path) -> Iterator[PlacetUnderTest]:
    with opened(tmp_path / "app.db", bundle=BUNDLE) as placet:
        assert placet.check("user:alice", "record.read", "record:record-1")
        yield placet


@pytest.fixture
def pep(placet: PlacetUnderTest) -> Pep:
    """An enforcement point whose token is in use."""
    pep = Pep(placet)
    for path, body in (("evaluation", ASKED), ("evaluations", BATCH)):
        assert pep.post(path, body).status_code == 200
    return pep


@pytest.fixture
def elsewhere(placet: Placet, tmp_path: Path) -> Iterator[Placet]:
    """What another process is: an engine of its own on the file."""
    with opened(tmp_path / "app.db") as other:
        yield other


def revoke(placet: Placet) -> None:
    """Take away every token of the enforcement point."""
    for credential in placet.credentials.list(actor=SYSTEM).items:
        if credential.principal.startswith(WHO):
            placet.credentials.delete(credential.id, actor=SYSTEM)


def soon(condition: Callable[[], bool], placet: Placet) -> bool:
    """Whether the condition holds sooner or later; the store's own wait is the pace."""
    assert isinstance(placet.store, Waitable)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return True
        placet.store.wait(0.01)
    return False


def becomes(pep: Pep, status: int, placet: Placet) -> bool:
    """Whether an evaluation has that status sooner or later."""
    return soon(lambda: pep.post("evaluation", ASKED).status_code == status, placet)


def test_an_evaluation_asks_the_store_for_nothing_once_its_token_is_known(
    pep: Pep, placet: Placet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("get", "head", "find"):
        real = getattr(placet.store, name)

        def reading(*args: object, name: str = name, real: Callable[..., object] = real) -> object:
            asked.append(name)
            return real(*args)

        monkeypatch.setattr(placet.store, name, reading)

    def silent() -> bool:
        asked.clear()
        assert pep.post("evaluation", ASKED).status_code == 200
        return not asked

    assert soon(silent, placet)


@pytest.mark.parametrize(("path", "body"), [("evaluation", ASKED), ("evaluations", BATCH)])
def test_a_token_that_this_process_revokes_is_nobodys_at_once(
    pep: Pep, placet: Placet, path: str, body: object
) -> None:
    revoke(placet)
    assert pep.post(path, body).status_code == 401


def test_who_is_disabled_is_nobody_at_once(pep: Pep, placet: Placet) -> None:
    placet.service_accounts.update(ServiceAccount(id="pep", disabled=True), actor=SYSTEM)
    assert pep.post("evaluation", ASKED).status_code == 401


def test_a_token_that_another_process_revokes_is_soon_nobodys(
    pep: Pep, placet: Placet, elsewhere: Placet
) -> None:
    revoke(elsewhere)
    assert becomes(pep, 401, placet)


def test_who_brings_a_consistency_token_is_known_no_less_freshly(
    pep: Pep, elsewhere: Placet
) -> None:
    revoke(elsewhere)
    headers = {"Placet-Consistency-Token": elsewhere.token()}
    assert pep.post("evaluation", ASKED, headers=headers).status_code == 401


def test_whose_right_to_ask_is_taken_away_elsewhere_soon_asks_nothing(
    pep: Pep, placet: Placet, elsewhere: Placet
) -> None:
    for assignment in elsewhere.assignments.list(actor=SYSTEM).items:
        if assignment.principal.startswith(WHO):
            elsewhere.assignments.delete(assignment.id, actor=SYSTEM)
    assert becomes(pep, 403, placet)


def test_where_nobody_follows_a_token_is_nobodys_at_once(tmp_path: Path, elsewhere: Placet) -> None:
    with opened(tmp_path / "app.db", follow=False) as alone:
        pep = Pep(alone)
        assert pep.post("evaluation", ASKED).status_code == 200
        revoke(elsewhere)
        assert pep.post("evaluation", ASKED).status_code == 401


def test_a_new_right_of_somebody_else_changes_nothing_for_a_token(pep: Pep, placet: Placet) -> None:
    placet.assignments.create(
        Assignment(id="more", principal="user:bob", role="_account_admin"), actor=SYSTEM
    )
    assert pep.post("evaluation", ASKED).status_code == 200
