"""The vendor's own Python clients, unmodified, against a real server: every operation they have.

`harness-open-api` is generated from the newest contract; `harness-platform-sdk` is written by hand.
"""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WHY = "the vendor's client is not installed here"
with warnings.catch_warnings():
    # The clients' own modules warn at import; they are not ours to change.
    warnings.simplefilter("ignore")
    vendor: Any = pytest.importorskip("harness_open_api", reason=WHY)
    ApiException: Any = pytest.importorskip("harness_open_api.rest", reason=WHY).ApiException

ALL = "_all_account_level_resources"


@pytest.fixture(scope="module")
def api(served: Any) -> Iterator[Any]:
    """The generated client, pointed at the server by its base URL alone."""
    configuration = vendor.Configuration()
    configuration.host = served.url
    configuration.api_key = {"x-api-key": served.token}
    client = vendor.ApiClient(configuration)
    yield client
    client.pool.close()
    client.pool.join()
    client.rest_client.pool_manager.clear()


@pytest.fixture(scope="module", params=["", "/gateway"], ids=["plain", "gateway"])
def prefixed(request: pytest.FixtureRequest, served: Any, api: Any) -> Iterator[Any]:
    """The same client on both of the addresses that the vendor has."""
    api.configuration.host = served.url + request.param
    yield api
    api.configuration.host = served.url


def wanted(identifier: str | None, role: str, who: str = "admin") -> Any:
    return vendor.AuthzRoleAssignment(
        identifier=identifier,
        resource_group_identifier=ALL,
        role_identifier=role,
        principal=vendor.AuthzPrincipal(identifier=who, type="USER"),
    )


def assignments(api: Any) -> Any:
    return vendor.RoleAssignmentsApi(api)


def code(error: Any) -> str:
    return str(json.loads(error.body)["code"])


class TestRolesV1:
    def test_a_role_of_the_account_lives_its_whole_life(self, prefixed: Any) -> None:
        roles = vendor.AccountRolesApi(prefixed)
        before = roles.get_roles_count()
        made = roles.create_role_acc(
            vendor.CreateRoleRequest(
                identifier="life", name="Life", permissions=["core_secret_view"], tags={"a": "b"}
            )
        )
        assert (made.identifier, made.allowed_scope_levels) == ("life", ["account"])
        assert made.scope.account == "acme"
        assert roles.get_roles_count() == before + 1
        assert roles.get_role_acc("life").tags == {"a": "b"}
        page, status, headers = roles.list_roles_acc_with_http_info(
            page=0, limit=1, search_term="LIFE", sort="name", order="ASC"
        )
        assert ([role.identifier for role in page], status) == (["life"], 200)
        assert headers["X-Total-Elements"] == "1"
        changed = roles.update_role_acc(
            vendor.CreateRoleRequest(identifier="life", name="Second Life"), "life"
        )
        assert (changed.name, changed.permissions) == ("Second Life", [])
        assert roles.delete_role_acc("life").identifier == "life"
        with pytest.raises(ApiException) as gone:
            roles.get_role_acc("life")
        assert gone.value.status == 400

    def test_a_role_of_an_organization(self, prefixed: Any) -> None:
        roles = vendor.OrganizationRolesApi(prefixed)
        body = vendor.CreateRoleRequest(identifier="ours", name="Ours", permissions=[])
        assert roles.create_role_org(body, "retail").scope.org == "retail"
        assert roles.get_role_org("retail", "ours").allowed_scope_levels == ["organization"]
        assert "ours" in [role.identifier for role in roles.list_roles_org("retail")]
        assert roles.update_role_org(body, "retail", "ours").name == "Ours"
        assert roles.delete_role_org("retail", "ours").identifier == "ours"

    def test_a_role_of_a_project(self, prefixed: Any) -> None:
        roles, where = vendor.ProjectRolesApi(prefixed), ("retail", "shop")
        body = vendor.CreateRoleRequest(
            identifier="mine", name="Mine", permissions=["core_pipeline_execute"]
        )
        assert roles.create_role_project(body, *where).scope.project == "shop"
        assert roles.get_role_project(*where, "mine").permissions == ["core_pipeline_execute"]
        assert "mine" in [role.identifier for role in roles.list_roles_project(*where)]
        assert roles.update_role_project(body, *where, "mine").name == "Mine"
        assert roles.delete_role_project(*where, "mine").identifier == "mine"


class TestRoleAssignments:
    def test_one_lives_its_whole_life(self, prefixed: Any) -> None:
        api = assignments(prefixed)
        made = api.post_role_assignment(wanted("one", "_account_viewer"), "acme").data
        assert made.role_assignment.role_reference.scope_level == "account"
        assert (made.scope.account_identifier, made.harness_managed) == ("acme", False)
        assert made.created_at == made.last_modified_at
        got = api.get_role_assignment("acme", "one").data
        assert got.role_assignment.identifier == "one"
        page = api.get_role_assignment_list("acme", page_index=0, page_size=1).data
        assert (page.page_item_count, page.page_size, page.total_items) == (1, 1, 2)
        assert api.delete_role_assignment("acme", "one").data.role_assignment.identifier == "one"
        with pytest.raises(ApiException) as gone:
            api.get_role_assignment("acme", "one")
        assert (gone.value.status, code(gone.value)) == (400, "RESOURCE_NOT_FOUND_EXCEPTION")

    def test_junk_in_sort_orders_is_passed_over(self, prefixed: Any) -> None:
        """The client sends its own structure as text."""
        order = vendor.SortOrder(field_name="identifier", order_type="ASC")
        page = assignments(prefixed).get_role_assignment_list("acme", sort_orders=[order]).data
        assert page.total_items >= 1

    def test_a_filter_finds_it(self, prefixed: Any) -> None:
        api = assignments(prefixed)
        api.post_role_assignment(wanted("found", "_dashboard_viewer"), "acme")
        body = vendor.RoleAssignmentFilter(
            role_filter=["_dashboard_viewer"],
            principal_filter=[vendor.AuthzPrincipal(identifier="admin", type="USER")],
            disabled_filter=[False],
        )
        page = api.get_filtered_role_assignment_list(body, "acme").data
        assert [row.role_assignment.identifier for row in page.content] == ["found"]
        whole = api.get_role_assignment_aggregate_list(body, "acme").data
        assert [one.identifier for one in whole.role_assignments] == ["found"]
        assert [one.role.identifier for one in whole.roles] == ["_dashboard_viewer"]
        assert [one.identifier for one in whole.resource_groups] == [ALL]
        across = api.get_filtered_role_assignment_by_scope_list(
            "acme",
            body=vendor.RoleAssignmentFilterV2(
                role_filter=["_dashboard_viewer"],
                scope_filters=[
                    vendor.ScopeSelector(filter="INCLUDING_CHILD_SCOPES", account_identifier="acme")
                ],
            ),
        ).data
        (row,) = across.content
        assert (row.identifier, row.principal.name) == ("found", "Administrator")
        assert row.role.role.name == "Dashboard Viewer"
        assert row.resource_group.identifier == ALL
        api.delete_role_assignment("acme", "found")

    def test_a_proposal_is_validated(self, prefixed: Any) -> None:
        said = (
            assignments(prefixed)
            .validate_role_assignment(
                vendor.RoleAssignmentValidationRequest(
                    role_assignment=wanted("x", "nothing", "nobody"),
                    validate_principal=True,
                    validate_role=True,
                    validate_resource_group=True,
                ),
                "acme",
            )
            .data
        )
        assert not said.principal_validation_result.valid
        assert not said.role_validation_result.is_valid
        assert said.resource_group_validation_result.valid

    def test_many_are_made_and_removed(self, prefixed: Any) -> None:
        api = assignments(prefixed)
        many = vendor.RoleAssignmentCreateRequest(
            role_assignments=[
                wanted("many1", "_ccm_admin"),
                wanted("many2", "_ccm_admin"),
                wanted(None, "_ccm_viewer"),
            ]
        )
        made = api.post_role_assignments(many, "acme").data
        ids = [one.role_assignment.identifier for one in made]
        assert ids[0] == "many1"
        assert ids[1].startswith("role_assignment_")
        gone = api.bulk_delete_role_assignment([*ids, "never"], "acme").data
        assert (gone.successfully_deleted, gone.failed_to_delete) == (2, 1)
        assert gone.role_assignment_error_response_dto_list[0].role_assignment_id == "never"

    def test_a_second_one_of_the_same_content_is_refused(self, prefixed: Any) -> None:
        api = assignments(prefixed)
        api.post_role_assignment(wanted("first", "_billing_admin"), "acme")
        with pytest.raises(ApiException) as refused:
            api.post_role_assignment(wanted("second", "_billing_admin"), "acme")
        assert (refused.value.status, code(refused.value)) == (400, "DUPLICATE_FIELD")
        api.delete_role_assignment("acme", "first")


class TestTheRest:
    def test_a_role_in_the_envelope_api(self, prefixed: Any) -> None:
        api = vendor.RolesApi(prefixed)
        role = vendor.Role(
            identifier="wrapped", name="Wrapped", allowed_scope_levels=["account"], permissions=[]
        )
        assert api.post_role(role, "acme").data.role.identifier == "wrapped"
        assert api.get_role("wrapped", "acme").data.harness_managed is False
        page = api.get_role_list("acme", search_term="wrapped").data
        assert [row.role_assigned_to_user_count for row in page.content] == [0]
        assert api.put_role(role, "acme", "wrapped").data.role.name == "Wrapped"
        assert api.delete_role("wrapped", "acme").data.role.identifier == "wrapped"

    def test_permissions_and_their_resource_types(self, prefixed: Any) -> None:
        api = vendor.PermissionsApi(prefixed)
        found = [row.permission.identifier for row in api.get_permission_list("acme").data]
        assert "core_role_view" in found
        assert len(found) == len(set(found))
        assert "ROLE" in api.get_permission_resource_types_list("acme").data

    def test_an_access_check(self, prefixed: Any) -> None:
        check = vendor.PermissionCheck(
            permission="core_role_view",
            resource_type="ROLE",
            resource_scope=vendor.ResourceScope(account_identifier="acme"),
        )
        said = vendor.AccessControlListApi(prefixed).get_access_control_list(
            vendor.AccessCheckRequest(permissions=[check])
        )
        assert [row.permitted for row in said.data.access_control_list] == [True]
        assert (said.data.principal.identifier, said.data.principal.type) == ("admin", "USER")

    def test_the_example_of_the_documentation_runs(
        self, served: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = Path(__file__).parents[2] / "docs" / "harness-access.md"
        example = page.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
        monkeypatch.setenv("PLACET_URL", served.url)
        monkeypatch.setenv("PLACET_TOKEN", served.token)
        names: dict[str, Any] = {}
        exec(compile(example, str(page), "exec"), names)
        assert capsys.readouterr().out == "['deployer']\n"
        names["client"].pool.close()
        names["client"].pool.join()
        names["client"].rest_client.pool_manager.clear()

    def test_a_wrong_token_is_told_as_such(self, served: Any, api: Any) -> None:
        configuration = vendor.Configuration()
        configuration.host = served.url
        configuration.api_key = {"x-api-key": "pat.acme.first.wrong"}
        stranger = vendor.ApiClient(configuration)
        with pytest.raises(ApiException) as refused:
            assignments(stranger).get_role_assignment_list("acme")
        assert (refused.value.status, code(refused.value)) == (401, "INVALID_TOKEN")
        stranger.pool.close()
        stranger.pool.join()
        stranger.rest_client.pool_manager.clear()


def of_sdk(module: str) -> Any:
    """A module of the hand-written client."""
    return pytest.importorskip(module, reason=WHY)


class TestTheOtherClient:
    """The hand-written one names the account in its own header, and always a project."""

    @pytest.fixture
    def client(self, served: Any) -> Iterator[Any]:
        sdk = of_sdk("harness_platform_sdk")
        with sdk.HarnessClient(
            api_key=served.token,
            account_id="acme",
            base_url=served.url,
            default_org="retail",
            default_project="shop",
        ) as client:
            yield client

    def test_roles(self, client: Any) -> None:
        models = of_sdk("harness_platform_sdk.models.authz")
        roles = of_sdk("harness_platform_sdk.authz.roles").RolesApi(client)
        body = models.RoleCreateRequest(
            identifier="sdk", name="Sdk", allowed_scope_levels=["project"], permissions=[]
        )
        assert roles.create(body).identifier == "sdk"
        assert roles.get("sdk").name == "Sdk"
        assert "sdk" in [role.identifier for role in roles.list()]
        assert roles.update("sdk", body).allowed_scope_levels == ["project"]
        assert roles.delete("sdk")["data"]["role"]["identifier"] == "sdk"
        assert roles.get("sdk") == {}

    def test_role_assignments(self, client: Any) -> None:
        models = of_sdk("harness_platform_sdk.models.authz")
        api = of_sdk("harness_platform_sdk.authz.role_assignments").RoleAssignmentsApi(client)
        body = models.RoleAssignmentCreateRequest(
            identifier="sdk",
            role_identifier="_project_viewer",
            resource_group_identifier="_all_project_level_resources",
            role_reference={"identifier": "_project_viewer", "scopeLevel": "project"},
            principal={"identifier": "admin", "type": "USER"},
        )
        assert api.create(body).role_reference["scopeLevel"] == "project"
        assert api.get("sdk").principal["identifier"] == "admin"
        assert [one.identifier for one in api.list()] == ["sdk"]
        body.disabled = True
        assert api.update("sdk", body).disabled is True
        assert api.delete("sdk")["data"]["roleAssignment"]["identifier"] == "sdk"
        assert api.get("sdk") == {}

    def test_resource_groups(self, client: Any) -> None:
        models = of_sdk("harness_platform_sdk.models.authz")
        api = of_sdk("harness_platform_sdk.authz.resource_groups").ResourceGroupsApi(client)
        body = models.ResourceGroupCreateRequest(
            identifier="sdk",
            name="Sdk",
            allowed_scope_levels=["project"],
            resource_filter={"includeAllResources": True, "resources": []},
            included_scopes=[
                {
                    "filter": "EXCLUDING_CHILD_SCOPES",
                    "accountIdentifier": "acme",
                    "orgIdentifier": "retail",
                    "projectIdentifier": "shop",
                }
            ],
        )
        assert api.create(body).resource_filter["includeAllResources"] is True
        assert api.get("sdk").name == "Sdk"
        assert "sdk" in [group.identifier for group in api.list()]
        assert api.update("sdk", body).identifier == "sdk"
        assert api.delete("sdk")["data"] is True
        assert api.get("sdk") == {}
