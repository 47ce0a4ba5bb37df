"""The routes of the surface: an account is named by a path before them, or by the credential."""

from placet.errors import Invalid
from placet.services.signing import Signer
from placet_falcon.authzen.access_requests import AccessRequestApi, TaskApi
from placet_falcon.authzen.discovery import ENDPOINTS, Metadata
from placet_falcon.authzen.evaluations import EvaluationApi, EvaluationsApi
from placet_falcon.authzen.offers import REQUESTS, Offers
from placet_falcon.authzen.searches import ActionSearch, ResourceSearch, SubjectSearch
from placet_falcon.authzen.tasks import Tasks
from placet_falcon.authzen.words import Words
from placet_falcon.host import Host
from placet_falcon.surface import App

__all__ = ["WELL_KNOWN", "mount"]

WELL_KNOWN = "/.well-known/authzen-configuration"


def mount(app: App, host: Host) -> None:
    """Add every route. Raises Invalid for a setting that maps no types of subjects, and for access
    requests at no public address.
    """
    words = Words(host.settings.authzen_subject_types)
    offers = _access_requests(app, host, words) if host.settings.authzen_access_requests else None
    signer = Signer(host.settings.secret_keys, "authzen page token")
    apis = {
        "access_evaluation_endpoint": EvaluationApi(host, words, offers),
        "access_evaluations_endpoint": EvaluationsApi(host, words, offers),
        "search_subject_endpoint": SubjectSearch(words, signer),
        "search_resource_endpoint": ResourceSearch(words, signer),
        "search_action_endpoint": ActionSearch(words, signer),
    }
    for name, path in ENDPOINTS.items():
        app.add_route(path, apis[name])
        app.add_route(f"/t/{{account}}{path}", apis[name])
    metadata = Metadata(host)
    app.add_route(WELL_KNOWN, metadata)
    app.add_route(f"{WELL_KNOWN}/{{path:path}}", metadata)


def _access_requests(app: App, host: Host, words: Words) -> Offers:
    """Add the routes of the access request and approval profile."""
    settings = host.settings
    if not settings.public_url:
        raise Invalid(
            "authzen_access_requests is on without public_url: a denial says where to ask"
        )
    offers, tasks = Offers(host), Tasks(host)
    requests, task = AccessRequestApi(words, offers, tasks), TaskApi(tasks)
    for prefix in ("", "/t/{account}"):
        app.add_route(f"{prefix}{REQUESTS}", requests)
        app.add_route(f"{prefix}{REQUESTS}/{{task}}", task)
        app.add_route(f"{prefix}{REQUESTS}/{{task}}/cancel", task, suffix="cancel")
    return offers
