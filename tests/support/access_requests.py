"""An enforcement point that asks for what needs approval, over the account of the certification.

Reading needs one yes of the owners, for half an hour; deleting can be had for two hours by the
staff. dana is an owner; the enforcement points `pep` and `pep2` may ask for others.
"""

from typing import Any

from authzen_client import ALICE, RECORD_1, Pep, certified
from falcon import testing

from placet import SYSTEM, ApprovalPolicy, Assignment, Group, Role, ServiceAccount, User
from placet.model import AccessYield, parse_reviews
from placet.testing import PlacetUnderTest

__all__ = ["DELETE", "PEP2", "READ", "Requester", "governed", "problem"]

READ, DELETE = {"name": "read"}, {"name": "delete"}
PEP2 = "service_account:pep2"
URN = "urn:openid:authzen:access-request:error:"


def governed(**options: Any) -> PlacetUnderTest:
    """The account, with policies."""
    placet = certified(**options)
    with placet.acting(SYSTEM):
        placet.users.create(User(id="dana"))
        placet.users.create(User(id="eve"))
        placet.groups.create(Group(id="owners"))
        placet.groups.add_members("owners", ["user:dana"])
        placet.service_accounts.create(ServiceAccount(id="pep2"))
        placet.roles.create(
            Role(id="asker", permissions=("core_approval_requestfor", "core_access_view"))
        )
        for name in ("pep", "pep2"):
            principal = f"service_account:{name}"
            placet.assignments.create(Assignment(id=name, principal=principal, role="asker"))
        placet.roles.create(Role(id="eraser", permissions=("record.delete",)))
        placet.policies.create(
            ApprovalPolicy(
                id="eyes",
                applies_to=("record.read",),
                requirement=parse_reviews("1 from group:owners"),
                decide_within=3600,
                use_within=1800,
            )
        )
        placet.policies.create(
            ApprovalPolicy(
                id="lift",
                applies_to=("record.delete",),
                needed="when_denied",
                requesters=("group:staff",),
                requirement=parse_reviews("1 from group:owners"),
                yields=AccessYield(role="eraser@/", seconds=7200),
            )
        )
    return placet


class Requester(Pep):
    """Goes through the steps of the profile; by default about alice, who wants to read record-1."""

    def __init__(self, placet: PlacetUnderTest, **settings: Any) -> None:
        super().__init__(placet, **{"authzen_access_requests": True, **settings})

    def evaluated(
        self,
        action: Any = READ,
        resource: Any = RECORD_1,
        *,
        subject: Any = ALICE,
        context: Any = None,
        approval: Any = None,
        **options: Any,
    ) -> Any:
        """The answer to one evaluation."""
        said = dict(context or {})
        if approval is not None:
            said["approval"] = approval
        body = {"subject": subject, "action": action, "resource": resource, "context": said}
        result = self.post("evaluation", body, **options)
        assert result.status_code == 200, result.text
        return result.json

    def token(self, *args: Any, **options: Any) -> str:
        """The binding token of a denial."""
        denial = self.evaluated(*args, **options)
        assert denial["decision"] is False
        token = denial["context"]["access_request"]["binding_token"]
        assert isinstance(token, str)
        return token

    def ask(
        self,
        token: str | None = None,
        *,
        action: Any = READ,
        resource: Any = RECORD_1,
        subject: Any = ALICE,
        context: Any = None,
        key: str | None = None,
        by: str = "service_account:pep",
        **members: Any,
    ) -> testing.Result:
        """A submission; without a token, of a denial of just this."""
        if token is None:
            token = self.token(action, resource, subject=subject, context=context, by=by)
        body = {
            "subject": subject,
            "action": action,
            "resource": resource,
            "context": context or {},
            "denial": {"binding_token": token},
            **members,
        }
        body = {name: value for name, value in body.items() if value is not None}
        return self.post(
            "requests", body, by=by, headers={} if key is None else {"Idempotency-Key": key}
        )

    def task(self, *args: Any, **options: Any) -> str:
        """The handle of a submission that was taken."""
        result = self.ask(*args, **options)
        assert result.status_code == 202, result.text
        handle = result.json["task"]["id"]
        assert isinstance(handle, str)
        return handle

    def status(self, handle: str, *, by: str = "service_account:pep") -> testing.Result:
        """What is said of a task."""
        return self.post(f"requests/{handle}", by=by, method="GET")

    def cancel(
        self, handle: str, body: Any = None, *, by: str = "service_account:pep"
    ) -> testing.Result:
        """End a task."""
        return self.post(f"requests/{handle}/cancel", body or {}, by=by)

    def decided(self, verdict: str = "approve", *, comment: str = "") -> None:
        """Let dana decide everything that is pending."""
        for approval in self.placet.approvals.list(status="pending", actor=SYSTEM).items:
            if verdict == "approve":
                self.placet.approve(approval, by="user:dana")
            else:
                self.placet.reject(approval, by="user:dana", comment=comment)

    def approved(self, *, by: str = "service_account:pep", **options: Any) -> Any:
        """The `approval` of a submission that dana has approved."""
        handle = self.task(by=by, **options)
        self.decided()
        return self.status(handle, by=by).json["result"]["approval"]


def problem(result: testing.Result) -> tuple[int, str]:
    """The status and the word of a refusal that is a problem of the profile."""
    assert result.headers["Content-Type"] == "application/problem+json", result.text
    said = result.json
    assert said["status"] == result.status_code
    assert said["title"]
    assert said["detail"]
    return result.status_code, said["type"].removeprefix(URN)
