"""The first caller of an empty service.

Every other right is given through the API, by somebody who holds it; so somebody has to be first.
"""

from placet import SYSTEM, Assignment, Placet, User
from placet.errors import Invalid
from placet.model import Credential
from placet.services.credentials import hash_secret, split_token
from placet.services.work import Work

__all__ = ["bootstrap"]

MIN_SECRET = 32


def bootstrap(placet: Placet, token: str) -> bool:
    """Let the holder of `token` administer the account of `placet`, if that is empty.

    `token` is whole: `pat.ACCOUNT.ID.SECRET`. Creates user `admin`, gives it `_account_admin` on
    everything, and keeps the hash of the secret, in one commit. Returns whether it did; an account
    that holds anything already is left alone. A bundle that the engine was opened with is applied
    first, and may create `admin` itself. Raises Invalid for a token that is none, that is of
    another account, or whose secret is shorter than 32 characters.
    """
    account, id, secret = split_token(token)
    if not token.startswith("pat."):
        raise Invalid("the bootstrap token is for a person: it begins with 'pat.'")
    if account != placet.account:
        raise Invalid(
            f"the bootstrap token is of account {account!r}, and the service is bound to "
            f"{placet.account!r}"
        )
    if len(secret) < MIN_SECRET:
        raise Invalid(
            f"the secret of the bootstrap token has {len(secret)} characters; {MIN_SECRET} is the "
            "least"
        )
    if placet.store.head(account).version:
        return False
    credential = Credential(
        id=id, principal="user:admin", kind="token", secret_hash=hash_secret(secret),
        name="bootstrap",
    )  # fmt: skip
    credential.validate()

    def use_case(work: Work) -> bool:
        if work.get(Credential, "token", id) is not None:
            return False
        if work.get(User, "admin") is None:
            placet.users.save(work, User(id="admin", name="Administrator"))
        placet.assignments.save(
            work,
            Assignment(
                id="bootstrap_admin",
                principal="user:admin",
                role="_account_admin",
                resource_group="_all_resources_including_child_scopes",
            ),
        )
        placet.credentials.save(work, credential)
        work.record("account.bootstrapped", principal="user:admin", credential=id)
        return True

    return placet.users.view.tenant.run(SYSTEM, use_case)
