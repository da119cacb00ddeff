"""Asks each client about each password, and prints what they say: one JSON object.

Arguments: the address of a server, the folder of mizumori_guard.py, passwords.
"""

import json
import sys

import django
import pyhibp
from django.conf import settings
from pyhibp import pwnedpasswords

address, folder, passwords = sys.argv[1], sys.argv[2], sys.argv[3:]
sys.path.insert(0, folder)
settings.configure(PWNED_PASSWORDS={"API_TIMEOUT": 60.0})
django.setup()

from django.contrib.auth.password_validation import get_password_validators, validate_password  # noqa: E402
from django.core.exceptions import ValidationError  # noqa: E402


class User:
    username = passwords[-1].upper()
    email = None


def in_django(name, password, **options):
    chosen = [{"NAME": f"mizumori_guard.{name}", "OPTIONS": options}]
    try:
        validate_password(password, User(), password_validators=get_password_validators(chosen))
    except ValidationError as error:
        return " ".join(reason.code for reason in error.error_list)
    return "accepted"


def in_ranges(password, **options):
    return in_django("LeakedPasswordValidator", password, url=f"{address}/range/", **options)


def in_policy(password, **options):
    return in_django("PasswordPolicyValidator", password, url=address, timeout=60.0, **options)


def in_pyhibp(password, **options):
    try:
        return pwnedpasswords.is_password_breached(password, timeout=60, **options)
    except Exception as error:
        return type(error).__name__


pyhibp.set_user_agent(ua="test")
# The address is no setting of this client.
pwnedpasswords.PWNED_PASSWORDS_API_BASE_URI = f"{address}/"
told = {
    "ranges": [in_ranges(password) for password in passwords],
    "ranges accepting": [in_ranges(password, accept_unchecked=True) for password in passwords],
    "policy": [in_policy(password) for password in passwords],
    "policy accepting": [in_policy(password, accept_unchecked=True) for password in passwords],
    "pyhibp": [in_pyhibp(password) for password in passwords],
    "pyhibp padded": [in_pyhibp(password, add_padding=True) for password in passwords],
}
print(json.dumps(told))
