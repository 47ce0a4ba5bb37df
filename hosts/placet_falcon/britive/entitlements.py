"""What the caller may check out or ask for: where clients look up the ids behind names.

A profile in an environment is a stored resource `profile:PROFILE/ENVIRONMENT`, a profile on a
resource `resource_profile:PROFILE/RESOURCE`; attributes may give them names for people.
"""

from collections.abc import Iterator
from typing import Any, Literal

import falcon
import msgspec

from placet.model import Resource
from placet_falcon.britive.answers import answer
from placet_falcon.britive.caller import caller_of
from placet_falcon.britive.catalogue import PROFILE, RESOURCE_PROFILE
from placet_falcon.britive.errors import Unsupported
from placet_falcon.decoding import read_query
from placet_falcon.host import Host

__all__ = ["Profiles", "ResourceProfiles"]


class _Entitled(msgspec.Struct, frozen=True):
    """A profile and its target, by id and by name."""

    application: str
    profile: str
    profile_name: str
    target: str
    target_name: str


class _Profiles(msgspec.Struct, frozen=True):
    type: Literal["", "sdk"] = ""
    search: str = ""
    filter: str = ""
    size: int = 0


class _ResourceProfiles(msgspec.Struct, frozen=True):
    type: str = ""
    searchText: str = ""
    filter: str = ""
    page: int = 0
    size: int = 0


class Profiles:
    """Profiles in environments."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All of the caller's, by application; or, with `type=sdk`, as tables of ids."""
        placet, actor, named = caller_of(req, self._host)
        query = read_query(req, _Profiles)
        if query.filter:
            raise Unsupported("filter is not offered here; use 'search'")
        stored = placet.approvals.requestable(PROFILE.permission, on_behalf_of=named, actor=actor)
        found = [one for one in _entitled(stored, "environment_name") if _says(one, query.search)]
        answer(resp, _tables(found, query.size) if query.type == "sdk" else _tree(found))


class ResourceProfiles:
    """Profiles on resources."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All of the caller's; or, with a size, one numbered page."""
        placet, actor, named = caller_of(req, self._host)
        query = read_query(req, _ResourceProfiles)
        if query.filter or query.type:
            raise Unsupported("filter and type are not offered here; use 'searchText'")
        stored = placet.approvals.requestable(
            RESOURCE_PROFILE.permission, on_behalf_of=named, actor=actor
        )
        found = [
            {
                "resourceId": one.target,
                "resourceName": one.target_name,
                "resourceLabels": {},
                "profileId": one.profile,
                "profileName": one.profile_name,
            }
            for one in _entitled(stored, "resource_name")
            if _says(one, query.searchText)
        ]
        if not query.size:
            answer(resp, found)
            return
        page, size = max(query.page, 0), max(query.size, 1)
        data = found[page * size : (page + 1) * size]
        answer(resp, {"count": len(found), "page": page, "size": size, "data": data})


def _entitled(stored: tuple[Resource, ...], target_name: str) -> Iterator[_Entitled]:
    for resource in stored:
        profile, _, target = resource.id.partition("/")
        if profile and target and "/" not in target:
            yield _Entitled(
                _name(resource, "application_name", profile),
                profile,
                _name(resource, "profile_name", profile),
                target,
                _name(resource, target_name, target),
            )


def _name(resource: Resource, attribute: str, id: str) -> str:
    value = resource.attributes.get(attribute)
    return value if isinstance(value, str) and value else id


def _says(one: _Entitled, words: str) -> bool:
    names = (one.application, one.profile_name, one.target_name)
    return any(words.casefold() in name.casefold() for name in names)


def _tree(found: list[_Entitled]) -> list[dict[str, Any]]:
    apps: dict[str, dict[str, dict[str, Any]]] = {}
    for one in found:
        profiles = apps.setdefault(one.application, {})
        profile = profiles.setdefault(
            one.profile,
            {"profileId": one.profile, "profileName": one.profile_name, "environments": []},
        )
        profile["environments"].append(
            {"environmentId": one.target, "environmentName": one.target_name}
        )
    return [
        {"appContainerId": app, "appName": app, "profiles": list(profiles.values())}
        for app, profiles in apps.items()
    ]


def _tables(found: list[_Entitled], size: int) -> dict[str, Any]:
    shown = found[:size] if size > 0 else found
    apps = {one.application: one for one in shown}
    environments = {one.target: one for one in shown}
    profiles = {one.profile: one for one in shown}
    return {
        "count": len(found),
        "accesses": [
            {
                "appContainerId": one.application,
                "environmentId": one.target,
                "papId": one.profile,
            }
            for one in shown
        ],
        "apps": [
            {
                "appContainerId": app,
                "appDescription": "",
                "catalogAppDisplayName": app,
                "catalogAppName": app,
                "requiresHierarchicalModel": False,
                "consoleAccess": False,
                "programmaticAccess": True,
            }
            for app in apps
        ],
        "environments": [
            {
                "environmentId": id,
                "environmentName": one.target_name,
                "environmentDescription": "",
                "alternateEnvironmentName": one.target_name,
                "profileEnvironmentProperties": {},
            }
            for id, one in environments.items()
        ],
        "profiles": [
            {
                "papId": id,
                "papName": one.profile_name,
                "papDescription": "",
                "sessionAttributes": [],
            }
            for id, one in profiles.items()
        ],
    }
