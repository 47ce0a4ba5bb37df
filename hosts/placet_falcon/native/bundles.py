"""Policy as code over HTTP: validate, diff, apply, test. The body is the bundle, JSON or TOML."""

import falcon
import msgspec

from placet.bundle import Bundle, loads, test, validate
from placet.errors import Invalid, Problem
from placet.model import plain
from placet_falcon.decoding import NoQuery, read_bytes, read_query
from placet_falcon.host import Call, call_of
from placet_falcon.native.answers import answer

__all__ = ["Bundles"]

_TOML = "application/toml"


class _Prune(msgspec.Struct, frozen=True):
    prune: bool = False


class Bundles:
    """A bundle on its way into the account."""

    def on_post_validate(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Every mistake; against what is stored for those only who may change the account."""
        call = call_of(req)
        read_query(req, NoQuery)
        view = call.placet.audit.view if _may_edit(call) else None
        answer(resp, {"problems": validate(_bundle(req), view)})

    def on_post_diff(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """What applying it would change, and who gains and who loses by that."""
        placet, actor = call_of(req)
        prune = read_query(req, _Prune).prune
        preview = placet.preview(_without_variables(_bundle(req)), prune=prune, actor=actor)
        answer(resp, preview.as_dict())

    def on_post_apply(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Apply it, all or nothing; what changed."""
        placet, actor = call_of(req)
        prune = read_query(req, _Prune).prune
        plan = placet.apply(_without_variables(_bundle(req)), prune=prune, actor=actor)
        answer(resp, plan.as_dict())

    def on_post_test(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Run its tests on an empty account in memory."""
        call = call_of(req)
        read_query(req, NoQuery)
        results = test(_bundle(req), call.placet.audit.view)
        shown = [{**plain(result), "passed": result.passed} for result in results]
        answer(resp, {"results": shown})


def _may_edit(call: Call) -> bool:
    tenant = call.placet.audit.view.tenant
    return tenant.run(call.actor, lambda work: work.may("account.edit", ""))


def _bundle(req: falcon.Request) -> Bundle:
    media_type = (req.content_type or "").partition(";")[0].strip().lower()
    if media_type not in (falcon.MEDIA_JSON, _TOML):
        raise falcon.HTTPUnsupportedMediaType(
            description=f"the body is {media_type or 'of no stated type'}; send Content-Type: "
            f"{falcon.MEDIA_JSON} or {_TOML}"
        )
    try:
        text = read_bytes(req).decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"the bundle is not UTF-8 (byte {error.start})") from None
    return loads(text, "toml" if media_type == _TOML else "json")


def _without_variables(bundle: Bundle) -> Bundle:
    """The bundle; refused where it names variables, which would be those of this server."""
    problems = [
        Problem(
            f"credentials[{at}].secret_env",
            "would be read on the server; send secret_hash instead",
        )
        for at, entry in enumerate(bundle.credentials)
        if entry.secret_env is not None
    ]
    if problems:
        raise Invalid(f"the bundle is not valid here: {problems[0]}", problems)
    return bundle
