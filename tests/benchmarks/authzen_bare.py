"""What somebody would write without placet: a Falcon app with a check in plain Python.

    python tests/benchmarks/authzen_bare.py FOLDER PORT

Served by what serves placet, with the same settings. It knows who asks, for it does not look: there
is no authentication, no log, and no measurement.
"""

import os
import sys
from pathlib import Path

import falcon
import msgspec
from access_peers import Check, peer
from access_world import World
from authzen_world import ACCOUNT, homes_of

__all__ = ["create", "main"]

WORLD = "AUTHZEN_WORLD"


class _Entity(msgspec.Struct):
    type: str
    id: str


class _Action(msgspec.Struct):
    name: str


class _Evaluation(msgspec.Struct):
    subject: _Entity
    action: _Action
    resource: _Entity


class _Evaluations(msgspec.Struct):
    evaluations: list[_Evaluation]


class _Bare:
    """The check of `flat`, at the home of a resource."""

    def __init__(self, check: Check, homes: dict[str, str]) -> None:
        self._check = check
        self._homes = homes

    def says(self, asked: _Evaluation) -> dict[str, bool]:
        type = asked.resource.type
        resource = f"{type}:{asked.resource.id}"
        principal = f"{asked.subject.type}:{asked.subject.id}"
        permission = f"{type}.{asked.action.name}"
        return {
            "decision": self._check(principal, permission, resource, self._homes.get(resource, ""))
        }


class _One(_Bare):
    _read = msgspec.json.Decoder(_Evaluation)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked = self._read.decode(req.bounded_stream.read())
        resp.data = msgspec.json.encode(self.says(asked))
        resp.content_type = falcon.MEDIA_JSON


class _Many(_Bare):
    _read = msgspec.json.Decoder(_Evaluations)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked = self._read.decode(req.bounded_stream.read())
        rows = [self.says(one) for one in asked.evaluations]
        resp.data = msgspec.json.encode({"evaluations": rows})
        resp.content_type = falcon.MEDIA_JSON


def create(folder: Path) -> "falcon.App[falcon.Request, falcon.Response]":
    """The application over the world in `folder`."""
    flat = peer("flat")
    flat.load(World(folder))
    check, homes = flat.checks[ACCOUNT], homes_of(folder)
    app: falcon.App[falcon.Request, falcon.Response] = falcon.App()
    app.add_route("/access/v1/evaluation", _One(check, homes))
    app.add_route("/access/v1/evaluations", _Many(check, homes))
    return app


def main(folder: str, port: int) -> None:
    """Serve it."""
    from placet_cli.serve import listen
    from placet_falcon.settings import load_settings

    os.environ[WORLD] = folder
    listen(load_settings(port=port), "authzen_bare:application")


def __getattr__(name: str) -> object:
    if name != "application":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = create(Path(os.environ[WORLD]))
    globals()["application"] = made
    return made


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
