"""The routes of the native surface.

Where nothing comes behind a name, it may hold slashes: `resources/repo:org/app`.
"""

from placet_falcon.host import Host
from placet_falcon.native.approval_questions import (
    ApprovalPages,
    ApprovalQuestions,
    RequestSimulations,
)
from placet_falcon.native.approvals import Approval, Approvals, ManyReviews
from placet_falcon.native.audit import Checkpoints, Events, Export, Verification
from placet_falcon.native.bundles import Bundles
from placet_falcon.native.credentials import Credentials
from placet_falcon.native.gates import Gate
from placet_falcon.native.grants import Grant, Grants
from placet_falcon.native.members import Member, Members
from placet_falcon.native.nouns import NOUNS
from placet_falcon.native.policies import PolicyVersion, PolicyVersions
from placet_falcon.native.questions import Permits, Questions
from placet_falcon.native.records import Collection, Item
from placet_falcon.native.searches import Batches, Searches
from placet_falcon.surface import App

__all__ = ["BASE", "mount"]

BASE = "/placet/v1/accounts/{account}"
_WITH_MORE_BEHIND = frozenset({"groups", "gates", "policies"})


def mount(app: App, host: Host) -> None:
    """Add every route."""
    questions = Questions(host)
    for word in ("check", "decide", "explain"):
        app.add_route(f"{BASE}/{word}", questions, suffix=word)
    app.add_route(f"{BASE}/check-many", Batches(host))
    searches = Searches()
    for word in ("who-can", "what-can", "which", "filter"):
        app.add_route(f"{BASE}/{word}", searches, suffix=word.replace("-", "_"))
    app.add_route(f"{BASE}/permits", Permits())

    app.add_route(f"{BASE}/approvals", Approvals(host))
    pages = ApprovalPages()
    for word in ("inbox", "requests", "reviews", "metrics"):
        app.add_route(f"{BASE}/approvals/{word}", pages, suffix=word)
    app.add_route(f"{BASE}/approvals/simulate", RequestSimulations())
    about = ApprovalQuestions()
    for word in ("reviewers", "simulate"):
        app.add_route(f"{BASE}/approvals/{{id}}/{word}", about, suffix=word)
    approval = Approval(host)
    app.add_route(f"{BASE}/approvals/{{id}}", approval)
    for word in (
        "explanation", "reviews", "override", "revisions", "withdraw", "cancel", "settle",
    ):  # fmt: skip
        app.add_route(f"{BASE}/approvals/{{id}}/{word}", approval, suffix=word)

    app.add_route(f"{BASE}/reviews", ManyReviews())

    app.add_route(f"{BASE}/grants", Grants())
    grant = Grant()
    app.add_route(f"{BASE}/grants/{{id}}", grant)
    for word in ("revoke", "take"):
        app.add_route(f"{BASE}/grants/{{id}}/{word}", grant, suffix=word)

    for noun in NOUNS:
        made = Credentials if noun.path == "credentials" else Collection
        app.add_route(f"{BASE}/{noun.path}", made(host, noun))
        name = "{id}" if noun.path in _WITH_MORE_BEHIND else "{id:path}"
        app.add_route(f"{BASE}/{noun.path}/{name}", Item(noun))

    app.add_route(f"{BASE}/groups/{{id}}/members", Members())
    app.add_route(f"{BASE}/groups/{{id}}/members/{{member:path}}", Member())
    gate = Gate(host)
    for word in ("requests", "status", "take"):
        app.add_route(f"{BASE}/gates/{{id}}/{word}", gate, suffix=word)

    app.add_route(f"{BASE}/policies/{{id}}/versions", PolicyVersions())
    app.add_route(f"{BASE}/policies/{{id}}/versions/{{number}}", PolicyVersion())

    bundles = Bundles()
    for word in ("validate", "diff", "apply", "test"):
        app.add_route(f"{BASE}/bundle/{word}", bundles, suffix=word)

    app.add_route(f"{BASE}/audit/events", Events())
    app.add_route(f"{BASE}/audit/export", Export())
    app.add_route(f"{BASE}/audit/checkpoints", Checkpoints())
    app.add_route(f"{BASE}/audit/verification", Verification())
