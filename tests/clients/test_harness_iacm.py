"""The vendor's own Python clients, unmodified, against a real server: their IaCM approvals."""

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from vendor_worlds import INFRASTRUCTURE

open_api = pytest.importorskip(
    "harness_open_api", reason="the client harness-open-api is not installed (group clients)"
)

PLACE = ("acme", "infra", "net")
UNKNOWN = "00000000-0000-7000-8000-000000000000"
WHO = {"ana": "user:ana", "vera": "user:vera", "plugin": "service_account:plugin"}

Api = Callable[[str], Any]


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    return {
        who: f"{'sat' if who == 'plugin' else 'pat'}.acme.{who}.{secrets.token_urlsafe(24)}"
        for who in WHO
    }


@pytest.fixture(scope="module")
def variables(tokens: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the service of this module is told."""
    credentials = "".join(
        f'[[credentials]]\nfor = "{principal}"\nkind = "token"\nsecret_env = "OF_{who.upper()}"\n'
        for who, principal in WHO.items()
    )
    bundle = tmp_path_factory.mktemp("bundle") / "infrastructure.toml"
    bundle.write_text(INFRASTRUCTURE + credentials, "utf-8")
    secrets_of = {f"OF_{who.upper()}": token for who, token in tokens.items()}
    return {"PLACET_BUNDLE": str(bundle), **secrets_of}


@pytest.fixture(scope="module")
def url(served: Any) -> str:
    return str(served.url)


@pytest.fixture(scope="module", params=["", "/gateway"])
def api(request: pytest.FixtureRequest, url: str, tokens: dict[str, str]) -> Iterator[Api]:
    """The generated client as somebody, pointed at the server by its base URL alone."""
    clients: dict[str, Any] = {}

    def made(who: str) -> Any:
        if who not in clients:
            configuration = open_api.Configuration()
            configuration.host = url + request.param
            configuration.api_key = {"x-api-key": tokens[who]}
            clients[who] = open_api.ApiClient(configuration)
        return open_api.ApprovalsApi(clients[who])

    yield made
    for client in clients.values():
        client.pool.close()
        client.pool.join()
        client.rest_client.pool_manager.clear()


@pytest.fixture
def opened(api: Api) -> str:
    """An approval that the plug-in has opened for a workspace of its own."""
    return str(created(api("plugin")).id)


def created(api: Any, **more: str) -> Any:
    body = open_api.CreateApprovalRequest(
        **{
            "pipeline_execution_id": secrets.token_hex(8),
            "pipeline_stage_id": "plan",
            "workspace_id": "vpc",
            **more,
        }
    )
    account, org, project = PLACE
    return api.approvals_create_approval(body, account, org, project)


def listed(api: Any, **query: Any) -> Any:
    """The approvals of a list; the client leaves its items as they are, this makes its models."""
    account, org, project = PLACE
    found = api.approvals_list_approvals(org, project, account, **query)
    return [open_api.HarnessIacmApproval(**item) for item in found]


def shown(api: Any, id: str) -> Any:
    account, org, project = PLACE
    return api.approvals_show_approval(org, project, id, account)


def settled(api: Any, id: str, status: str, **more: str) -> Any:
    account, org, project = PLACE
    body = open_api.UpdateApprovalRequest(status=status, **more)
    return api.approvals_update_approval(body, account, org, project, id)


def test_create_show_update(api: Api, opened: str) -> None:
    before = shown(api("plugin"), opened)
    assert (before.status, before.actioned_by) == ("pending", None)
    assert settled(api("ana"), opened, "approved", actioned_by="John Doe") is None
    after = shown(api("plugin"), opened)
    assert (after.status, after.actioned_by, after.actioned_by_email) == (
        "approved",
        "Ana Ruiz",
        "ana@example.com",
    )
    assert after.updated >= after.created > 1_000_000_000_000


def test_create_settled(api: Api) -> None:
    id = created(api("ana"), status="rejected").id
    assert shown(api("ana"), id).status == "rejected"


def test_list_with_every_filter(api: Api) -> None:
    execution = secrets.token_hex(8)
    id = created(
        api("plugin"),
        pipeline_execution_id=execution,
        pipeline_stage_id="apply",
        workspace_id="dns",
    ).id
    (item,) = listed(
        api("vera"),
        limit=1000,
        page=1,
        workspace="dns",
        pipeline_execution_id=execution,
        pipeline_stage_id="apply",
        status_type="pending",
    )
    assert (item.id, item.account, item.org, item.project) == (id, *PLACE)
    assert (item.workspace_id, item.pipeline_execution_id, item.pipeline_stage_id) == (
        "dns",
        execution,
        "apply",
    )
    assert (item.status, item.actioned_by) == ("pending", None)


def test_pages_of_a_list_do_not_overlap(api: Api) -> None:
    workspace = secrets.token_hex(8)
    made = {created(api("plugin"), workspace_id=workspace).id for _ in range(5)}
    pages = [listed(api("vera"), workspace=workspace, limit=2, page=at) for at in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert {item.id for page in pages for item in page} == made


def refused(call: Callable[[], Any]) -> tuple[int, str]:
    """Status and name of a refusal."""
    try:
        call()
    except open_api.rest.ApiException as error:
        return error.status, json.loads(error.body)["name"]
    pytest.fail("it was not refused")


def test_refusals(api: Api, opened: str) -> None:
    settled(api("ana"), opened, "approved")
    assert refused(lambda: settled(api("ana"), opened, "rejected")) == (409, "ConflictError")
    assert refused(lambda: settled(api("vera"), created(api("plugin")).id, "approved")) == (
        403,
        "ForbiddenError",
    )
    assert refused(lambda: shown(api("ana"), UNKNOWN)) == (404, "NotFoundError")
    assert refused(lambda: shown(api("ana"), "7")) == (400, "invalid_format")


class TestPlatformSdk:
    """The hand-written client: it has list, get and update."""

    @pytest.fixture
    def approvals(self, url: str, tokens: dict[str, str]) -> Iterator[Any]:
        sdk = pytest.importorskip(
            "harness_platform_sdk", reason="harness-platform-sdk is not installed (group clients)"
        )
        with sdk.HarnessClient(
            api_key=tokens["ana"],
            account_id="acme",
            default_org="infra",
            default_project="net",
            base_url=url,
        ) as client:
            yield sdk.WorkspaceApprovalsApi(client)

    def test_list_get_update(self, approvals: Any, api: Api) -> None:
        models = pytest.importorskip("harness_platform_sdk.models.iacm_api.workspace_approvals")
        workspace = secrets.token_hex(8)
        id = created(api("plugin"), workspace_id=workspace).id
        (item,) = approvals.list(workspace)
        assert (item.identifier, item.status.value, item.workspace_id) == (id, "pending", workspace)
        assert approvals.get(id).status.value == "pending"
        approvals.update(
            id,
            models.WorkspaceApprovalCreateRequest(
                identifier=id,
                status="approved",
                actioned_by="John Doe",
                actioned_by_email="john@example.com",
            ),
        )
        after = approvals.get(id)
        assert (after.status.value, after.actioned_by) == ("approved", "Ana Ruiz")

    def test_what_is_not_there_reads_as_nothing(self, approvals: Any) -> None:
        assert approvals.get(UNKNOWN) == {}
