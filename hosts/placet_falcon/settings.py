"""The settings of a service: one TOML file, then `PLACET_*` in the environment, then flags.

Later ones win. A key that is not known is refused with the nearest one that is.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from placet import Placet
from placet.access.registry import nearest
from placet.errors import Invalid, Problem
from placet.services.signing import MIN_KEY
from placet_falcon.host import HostSettings
from placet_falcon.subject_types import SUBJECT_TYPES, read_subject_types
from placet_falcon.surface import Surface, SurfaceCatalogues
from placet_falcon.surfaces import SURFACES

__all__ = [
    "BOOTSTRAP_TOKEN",
    "CONFIG",
    "ServiceSettings",
    "host_settings",
    "load_settings",
    "open_placet",
]

CONFIG = "PLACET_CONFIG"
"""The variable that names the TOML file."""
BOOTSTRAP_TOKEN = "PLACET_BOOTSTRAP_TOKEN"  # noqa: S105  # a name, not a token
"""The variable that holds the token of the first caller (`placet_falcon.bootstrap`)."""
_PREFIX = "PLACET_"
_BESIDE = frozenset({CONFIG, BOOTSTRAP_TOKEN, "PLACET_TOKEN", "PLACET_SERVER"})
"""Variables that are no settings: two of this module, and two of the command as a client."""
_ONE_PROCESS = frozenset({"memory", "tinydb"})
_SEVERAL = ("secret_keys", "trusted_subject_properties", "authzen_subject_types")


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a service can be told.

    `store` is a store URL, `bundle` the path of a bundle to apply at the start. `account` is the
    one that the bundle and the bootstrap token are for. `public_url` is where clients reach the
    service, and may hold `{account}`. `secret_keys`, newest first, sign what is handed out;
    in the environment they are separated by commas, as all that there may be several of are.
    `trusted_subject_properties` are the names of attributes that a request may bring along for who
    it asks about; `authzen_subject_types` are pairs `TYPE=KIND`, see `docs/authzen.md`, and
    `authzen_access_requests` lets callers ask for what needs approval, see
    `docs/authzen-access-requests.md`.
    """

    store: str = "sqlite:///placet.db"
    bundle: str | None = None
    account: str = "default"
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    workers: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 1
    threads: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 8
    public_url: str = ""
    directory: Literal["open", "closed"] = "closed"
    secret_keys: tuple[str, ...] = ()
    trusted_subject_properties: tuple[str, ...] = ()
    authzen_subject_types: tuple[str, ...] = SUBJECT_TYPES
    authzen_access_requests: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def environment(self) -> dict[str, str]:
        """The settings as variables, for the workers that a server starts.

        >>> ServiceSettings(port=80).environment()["PLACET_PORT"]
        '80'
        """
        return {
            f"{_PREFIX}{name.upper()}": ",".join(value) if isinstance(value, tuple) else str(value)
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None
        }


def load_settings(
    path: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    **flags: Any,
) -> ServiceSettings:
    """The settings of a service from a TOML file, the environment, and flags; a flag of None is
    one that was not given. Without `path`, `PLACET_CONFIG` may name the file.

    Raises Invalid for a key that is not known, and a value that does not fit.

    >>> load_settings(environ={"PLACET_PORT": "80"}, host="::").port
    80
    """
    env = os.environ if environ is None else environ
    file = path or env.get(CONFIG)
    values = {} if file is None else _from_file(Path(file))
    values |= _from_environment(env)
    values |= {name: value for name, value in flags.items() if value is not None}
    for name in _SEVERAL:
        if isinstance(listed := values.get(name), str):
            values[name] = [part.strip() for part in listed.split(",") if part.strip()]
    _refuse_unknown(values, "setting")
    try:
        settings = msgspec.convert(values, ServiceSettings, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"the settings are not right: {error}") from None
    problems = tuple(_problems(settings))
    if problems:
        raise Invalid(f"the settings are not right: {problems[0]}", problems)
    return settings


def open_placet(settings: ServiceSettings, *, surfaces: Iterable[Surface] = SURFACES) -> Placet:
    """The engine of a service: with all surfaces' catalogues, all installed plugins, argon2id."""
    # Here, so that a service that only reads its settings needs no argon2.
    from placet_falcon.passwords import Argon2Passwords

    approvals = "/placet/v1/accounts/{account}/approvals/{id}"
    return Placet.open(
        settings.store,
        bundle=settings.bundle,
        account=settings.account,
        directory=settings.directory,
        plugins=[SurfaceCatalogues(surfaces)],
        autoload=True,
        approval_url=f"{settings.public_url.rstrip('/')}{approvals}" if settings.public_url else "",
        trusted_subject_properties=settings.trusted_subject_properties,
        passwords=Argon2Passwords(),
        secret_keys=settings.secret_keys,
    )


def host_settings(settings: ServiceSettings) -> HostSettings:
    """What of them the WSGI application needs."""
    return HostSettings(
        public_url=settings.public_url,
        secret_keys=settings.secret_keys,
        authzen_subject_types=settings.authzen_subject_types,
        authzen_access_requests=settings.authzen_access_requests,
    )


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"settings file {str(file)!r} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"settings file {str(file)!r} is not TOML: {error}") from error


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in env.items()
        if name.startswith(_PREFIX) and name not in _BESIDE
    }


def _refuse_unknown(values: Mapping[str, Any], what: str) -> None:
    known = ServiceSettings.__struct_fields__
    problems = []
    for name in values:
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close!r}?" if close else f"known are {', '.join(known)}"
            problems.append(Problem(name, f"is no {what}; {hint}"))
    if problems:
        raise Invalid(f"the settings are not right: {problems[0]}", problems)


def _problems(settings: ServiceSettings) -> Iterable[Problem]:
    scheme = settings.store.partition(":")[0]
    if settings.workers > 1 and scheme in _ONE_PROCESS:
        yield Problem(
            "workers",
            f"is {settings.workers}, and a {scheme}:// store is for one process; set it to 1, and "
            "raise threads",
        )
    for at, key in enumerate(settings.secret_keys):
        if len(key) < MIN_KEY:
            yield Problem(f"secret_keys[{at}]", f"is shorter than {MIN_KEY} characters")
    try:
        read_subject_types(settings.authzen_subject_types)
    except Invalid as error:
        yield Problem("authzen_subject_types", error.message)
    if settings.authzen_access_requests:
        for name, why in (
            ("public_url", "a denial says where to ask"),
            ("secret_keys", "what is handed out has to be known again by every process"),
        ):
            if not getattr(settings, name):
                yield Problem("authzen_access_requests", f"is on without {name}: {why}")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        yield Problem("public_url", "is no address; write 'https://approvals.example.com'")
