"""The vendor's own SDK and command, as they are installed, against a service over HTTP.

They speak HTTPS to `<tenant>.britive-app.com` only: a proxy of the test ends that on loopback, and
both are told of it in the ways that they offer (HTTPS_PROXY, REQUESTS_CA_BUNDLE).
"""

import csv
import io
import json
import os
import secrets
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tls_proxy import ending_tls

britive = pytest.importorskip(
    "britive.britive", reason="the SDK of Britive is not installed (group clients)"
)
trustme = pytest.importorskip("trustme", reason="trustme is not installed (group clients)")
exceptions = pytest.importorskip("britive.exceptions")
generic = pytest.importorskip("britive.exceptions.generic")

TENANT = "acme"
BUNDLE = """
account = "acme"
bundle = "profiles"

[[users]]
id = "sam"
[[users]]
id = "ana"
[[users]]
id = "eve"
[[groups]]
id = "engineers"
members = ["user:sam"]
[[groups]]
id = "approvers"
members = ["user:ana"]

[[resources]]
type = "profile"
id = "p1/e1"
attributes = { application_name = "AWS", profile_name = "Admin", environment_name = "Production" }
[[resources]]
type = "resource_profile"
id = "p2/db1"
attributes = { profile_name = "Root", resource_name = "orders" }

[[approval_policies]]
id = "profiles"
applies_to = ["profile.checkout"]
needed = "when_denied"
requesters = ["group:engineers"]
reviews = ["1 from group:approvers"]
decide_within = "10m"
yields = { role = "_britive_profile_checkout", for = "1h" }
[[approval_policies]]
id = "resources"
applies_to = ["resource.profile.checkout"]
needed = "when_denied"
requesters = ["group:engineers"]
reviews = ["1 from group:approvers"]
decide_within = "10m"
use_within = "30m"

[[credentials]]
for = "user:sam"
kind = "token"
secret_env = "TOKEN_OF_SAM"
[[credentials]]
for = "user:ana"
kind = "token"
secret_env = "TOKEN_OF_ANA"
[[credentials]]
for = "user:eve"
kind = "token"
secret_env = "TOKEN_OF_EVE"
"""

Sdk = Callable[[str], Any]
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    """A short token, a long one, and one of a workload: the SDK has a word for each."""
    return {
        "sam": f"pat.acme.sam.{secrets.token_hex(8)}",
        "ana": f"pat.acme.ana.{secrets.token_hex(32)}",
        "eve": f"pat.acme.eve.{secrets.token_hex(32)}::workload",
    }


@pytest.fixture(scope="module")
def variables(
    tokens: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What the service of this module is told."""
    bundle = tmp_path_factory.mktemp("bundle") / "profiles.toml"
    bundle.write_text(BUNDLE, "utf-8")
    return {
        "PLACET_BUNDLE": str(bundle),
        "PLACET_PUBLIC_URL": "https://{account}.britive-app.com",
        **{f"TOKEN_OF_{name.upper()}": token for name, token in tokens.items()},
    }


@pytest.fixture(scope="module")
def route(served: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables by which a client comes to the service."""
    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(f"{TENANT}.britive-app.com").configure_cert(context)
    with ending_tls(context, served.url) as proxy:
        yield {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "",
            "no_proxy": "",
            "REQUESTS_CA_BUNDLE": str(bundle),
        }


@pytest.fixture
def sdk(
    route: Mapping[str, str], tokens: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sdk]:
    """The SDK of a user."""
    for name, value in route.items():
        monkeypatch.setenv(name, value)
    opened: dict[str, Any] = {}

    def of(name: str) -> Any:
        if name not in opened:
            opened[name] = britive.Britive(tenant=TENANT, token=tokens[name])
        return opened[name]

    yield of
    for one in opened.values():
        one.session.close()


@pytest.fixture
def cli(route: Mapping[str, str], tokens: Mapping[str, str], tmp_path: Path) -> Cli:
    """The command as a user, with a home folder of its own."""
    pytest.importorskip("pybritive", reason="the command of Britive is not installed")

    def run(name: str, *arguments: str, token: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-m", "pybritive.cli_interface", *arguments),
                *("--tenant", TENANT, "--token", token or tokens[name]),
            ],
            env={**os.environ, **route, "PYBRITIVE_HOME_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def asked(sdk: Sdk) -> Iterator[str]:
    """The id of a request of sam's; withdrawn at the end, if it is still open."""
    request = sdk("sam").my_access.request_approval(
        profile_id="p1", environment_id="e1", justification="deploy"
    )
    yield str(request["requestId"])
    mine = sdk("sam").my_requests
    if status_of(sdk, request["requestId"]) == "PENDING":
        mine.withdraw_approval_request(request["requestId"])


def status_of(sdk: Sdk, id: str, by: str = "sam") -> str:
    return str(sdk(by).my_requests.approval_request_status(id)["status"])


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["requestId"] for item in items]


# -- the SDK -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "word"), [("sam", "TOKEN"), ("ana", "Bearer"), ("eve", "WorkloadToken")]
)
def test_the_sdk_says_who_calls_in_three_words(sdk: Sdk, name: str, word: str) -> None:
    client = sdk(name)
    assert client.session.headers["Authorization"].split()[0] == word
    assert client.my_access.whoami()["username"] == name


def test_the_sdk_asks_for_features_and_a_banner(sdk: Sdk) -> None:
    assert sdk("sam").feature_flags == {"server-access": True}
    assert sdk("sam").banner() is None


def test_a_wrong_token_is_unauthorized(sdk: Sdk) -> None:
    with pytest.raises(exceptions.UnauthorizedRequest, match="401 - E0000"):
        britive.Britive(tenant=TENANT, token="pat.acme.sam.wrong")


def test_a_request_is_listed_to_both_sides(sdk: Sdk, asked: str) -> None:
    assert asked in ids(sdk("sam").my_requests.list())
    assert asked in ids(sdk("ana").my_approvals.list())
    assert asked not in ids(sdk("eve").my_approvals.list())


def test_the_details_of_a_request(sdk: Sdk, asked: str) -> None:
    item = sdk("ana").my_requests.approval_request_status(asked)
    assert (item["userId"], item["resource"], item["status"]) == ("sam", "p1/e1", "PENDING")
    assert (item["timeToApprove"], item["validFor"]) == (10, 60)
    assert item["approvers"] == {"userIds": ["ana"]}


def test_a_request_is_rejected(sdk: Sdk, asked: str) -> None:
    assert sdk("ana").my_approvals.reject_request(asked, comments="not today") is None
    item = sdk("sam").my_requests.approval_request_status(asked)
    assert (item["status"], item["approverComment"]) == ("REJECTED", "not today")


def test_a_request_is_withdrawn_by_id(sdk: Sdk, asked: str) -> None:
    assert sdk("sam").my_requests.withdraw_approval_request(asked) is None
    assert status_of(sdk, asked) == "WITHDRAWN"


def test_a_request_is_withdrawn_by_profile(sdk: Sdk, asked: str) -> None:
    sdk("sam").my_access.withdraw_approval_request(profile_id="p1", environment_id="e1")
    assert status_of(sdk, asked) == "WITHDRAWN"


def test_a_request_is_withdrawn_by_name(sdk: Sdk, asked: str) -> None:
    sdk("sam").my_access.withdraw_approval_request_by_name(
        profile_name="admin", environment_name="production", application_name="aws"
    )
    assert status_of(sdk, asked) == "WITHDRAWN"


def test_a_request_is_made_by_name(sdk: Sdk, asked: str) -> None:
    again = sdk("sam").my_access.request_approval_by_name(
        profile_name="Admin", environment_name="Production", justification="deploy"
    )
    assert again["requestId"] == asked


def test_the_sdk_loses_an_id_that_it_is_given_for_a_profile(sdk: Sdk, asked: str) -> None:
    """It sends `None/None`: that is nothing, and nothing else is withdrawn."""
    with pytest.raises(generic.DoesNotExistError):
        sdk("sam").my_access.withdraw_approval_request(request_id=asked)
    assert status_of(sdk, asked) == "PENDING"


def test_the_sdk_waits_until_somebody_decides(sdk: Sdk) -> None:
    def decide(message: str) -> None:
        (open_one,) = [
            item for item in sdk("ana").my_approvals.list() if item["status"] == "PENDING"
        ]
        sdk("ana").my_approvals.reject_request(open_one["requestId"])

    status = sdk("sam").my_access.request_approval(
        profile_id="p1",
        environment_id="e1",
        justification="deploy",
        block_until_disposition=True,
        progress_func=decide,
        wait_time=0,
        max_wait_time=30,
    )
    assert status == "rejected"


def test_a_resource_is_asked_for_withdrawn_and_approved(sdk: Sdk) -> None:
    mine = sdk("sam").my_resources
    first = mine.request_approval(profile_id="p2", resource_id="db1", justification="fix")
    assert (first["consumer"], first["action"]) == ("resourceprofile", "resource.profile.checkout")
    mine.withdraw_approval_request(profile_id="p2", resource_id="db1")
    assert status_of(sdk, first["requestId"]) == "WITHDRAWN"
    second = mine.request_approval_by_name(
        profile_name="root", resource_name="orders", justification="fix", ticket_id="INC-7",
        ticket_type="jira",
    )  # fmt: skip
    mine.withdraw_approval_request_by_name(profile_name="root", resource_name="orders")
    assert status_of(sdk, second["requestId"]) == "WITHDRAWN"
    third = mine.request_approval(profile_id="p2", resource_id="db1", justification="fix")
    assert sdk("ana").my_approvals.approve_request(third["requestId"], comments="ok") is None
    assert status_of(sdk, third["requestId"]) == "APPROVED"
    again = mine.request_approval(profile_id="p2", resource_id="db1", justification="fix")
    assert (again["requestId"], again["status"]) == (third["requestId"], "APPROVED")


def test_with_access_there_is_nothing_to_ask_for(sdk: Sdk) -> None:
    mine = sdk("sam").my_access
    wanted = {"profile_id": "p1", "environment_id": "open", "justification": "deploy"}
    first = mine.request_approval(**wanted)
    sdk("ana").my_approvals.approve_request(first["requestId"])
    with pytest.raises(exceptions.ProfileCheckoutAlreadyApproved):
        mine.request_approval(**wanted)
    url = f"{sdk('ana').base_url}/v1/approvals/{first['requestId']}"
    assert sdk("ana").patch(url, params={"approveRequest": "revoke"}) is None
    assert status_of(sdk, first["requestId"]) == "REVOKED"


def test_refusals_are_the_exceptions_of_the_sdk(sdk: Sdk, asked: str) -> None:
    with pytest.raises(generic.EvaluationError, match="403 - PE-0002"):
        sdk("sam").my_approvals.approve_request(asked)
    with pytest.raises(generic.DoesNotExistError, match="404 - E1004"):
        sdk("eve").my_approvals.approve_request(asked)
    with pytest.raises(generic.EvaluationError, match="cannot ask"):
        sdk("eve").my_access.request_approval(
            profile_id="p1", environment_id="e1", justification="please"
        )
    sdk("ana").my_approvals.reject_request(asked)
    with pytest.raises(generic.ValidationError, match="400 - E1003"):
        sdk("ana").my_approvals.approve_request(asked)


def test_a_filter_goes_through_as_well(sdk: Sdk, asked: str) -> None:
    url = f"{sdk('sam').base_url}/v1/approvals"
    found = sdk("sam").get(url, params={"filter": "status eq PENDING,TIMEOUT"})
    assert ids(found) == [asked]
    with pytest.raises(generic.ValidationError):
        sdk("sam").get(url, params={"filter": "status is PENDING"})


def test_the_sdk_follows_every_page(sdk: Sdk) -> None:
    mine = sdk("sam").my_access
    made = [
        mine.request_approval(profile_id="many", environment_id=f"e{number}", justification="all")[
            "requestId"
        ]
        for number in range(105)
    ]
    for found in (sdk("sam").my_requests.list(), sdk("ana").my_approvals.list()):
        shown = [id for id in ids(found) if id in set(made)]
        assert shown == made[::-1]
    for id in made:
        sdk("sam").my_requests.withdraw_approval_request(id)


def test_profiles_are_listed(sdk: Sdk) -> None:
    assert [app["appName"] for app in sdk("sam").my_access.list_profiles()] == ["AWS"]
    assert sdk("sam").my_access.list()["count"] == 1
    assert [row["resourceName"] for row in sdk("sam").my_resources.list_profiles()] == ["orders"]


# -- the command -------------------------------------------------------------------------------


def test_the_command_says_who_calls(cli: Cli) -> None:
    done = cli("sam", "user")
    assert (done.returncode, done.stdout.strip()) == (0, "sam @ acme"), done.stderr


def test_the_command_lists_approvals_and_requests(cli: Cli, asked: str) -> None:
    for name, what in (("ana", "approvals"), ("sam", "requests")):
        done = cli(name, "ls", what, "--format", "json")
        assert asked in ids(json.loads(done.stdout)), done.stderr


@pytest.mark.parametrize("format", ["csv", "table", "yaml", "list"])
def test_the_command_writes_every_format(cli: Cli, asked: str, format: str) -> None:
    done = cli("sam", "ls", "requests", "--format", format)
    assert done.returncode == 0, done.stderr
    if format == "csv":
        assert asked in [row["requestId"] for row in csv.DictReader(io.StringIO(done.stdout))]
    assert asked in done.stdout


def test_the_command_decides(cli: Cli, sdk: Sdk, asked: str) -> None:
    done = cli("ana", "request", "reject", asked)
    assert (done.returncode, status_of(sdk, asked)) == (0, "REJECTED"), done.stderr
    second = sdk("sam").my_access.request_approval(
        profile_id="p1", environment_id="by-command", justification="deploy"
    )["requestId"]
    done = cli("ana", "request", "approve", second)
    assert (done.returncode, status_of(sdk, second)) == (0, "APPROVED"), done.stderr


def test_the_command_submits_and_withdraws(cli: Cli, sdk: Sdk) -> None:
    profile = "AWS/Production/Admin"
    done = cli("sam", "request", "submit", profile, "--justification", "deploy")
    assert done.returncode == 0, done.stderr
    (open_one,) = [
        item
        for item in sdk("sam").my_requests.list()
        if (item["status"], item["resource"]) == ("PENDING", "p1/e1")
    ]
    assert open_one["justification"] == "deploy"
    done = cli("sam", "request", "withdraw", profile)
    assert done.returncode == 0, done.stderr
    assert status_of(sdk, open_one["requestId"]) == "WITHDRAWN"


def test_the_command_lists_profiles(cli: Cli) -> None:
    done = cli("sam", "ls", "profiles", "--format", "json")
    assert {row["Name"] for row in json.loads(done.stdout)} == {
        "AWS/Production/Admin",
        "Resources/orders/Root",
    }


def test_the_command_says_that_a_token_is_wrong(cli: Cli) -> None:
    done = cli("sam", "user", token="pat.acme.sam.wrong")
    assert (done.returncode != 0, "Invalid API token provided." in done.stderr) == (True, True)
