"""Password validators for Django that ask a guard of your own.

`LeakedPasswordValidator` asks for a range: the guard does not learn the password, only whether it has leaked is checked. `PasswordPolicyValidator`
gives the guard the password and has it judge by all its rules. Both refuse what could not be checked, unless they are told to accept that.
"""

import logging
import ssl

import httpx
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from pwned_passwords_django import api, exceptions, validators

logger = logging.getLogger(__name__)

UNCHECKED = _("This password could not be checked. Please try again later.")


def client(ca):
    """A client that trusts an authority of your own, where the file of one is named."""
    return httpx.Client(verify=ssl.create_default_context(cafile=ca) if ca else True)


def unchecked(accept, why):
    """Ends a check that could not be made."""
    logger.error("the guard did not answer: %s", why)
    if not accept:
        raise ValidationError(UNCHECKED, code="password_unchecked")


class LeakedPasswordValidator(validators.PwnedPasswordsValidator):
    """pwned-passwords-django's, at another address: `url` is that of the ranges, `https://guard.example/range/`."""

    def __init__(self, url, ca=None, accept_unchecked=False, **options):
        guard = api.PwnedPasswords(client=client(ca))
        guard.api_endpoint = url
        super().__init__(api_client=guard, **options)
        self.accept_unchecked = accept_unchecked

    @sensitive_variables()
    def validate(self, password, user=None):
        """Raises ValidationError for what has leaked, and for what could not be checked."""
        try:
            count = self.api_client.check_password(password)
        except exceptions.PwnedPasswordsError as error:
            return unchecked(self.accept_unchecked, error.code)
        if count:
            message = self.error_message["singular" if count == 1 else "plural"]
            raise ValidationError(message, params={"amount": count}, code="password_compromised")


class PasswordPolicyValidator:
    """The guard's whole policy: `url` is that of the guard, `https://guard.example`; `attributes` of the user are no passwords."""

    def __init__(
        self,
        url,
        ca=None,
        accept_unchecked=False,
        second_factor=False,
        attributes=("username", "email", "first_name", "last_name"),
        timeout=1.0,
    ):
        self.url = f"{url.rstrip('/')}/api/v1/passwords/check"
        self.client = client(ca)
        self.accept_unchecked = accept_unchecked
        self.second_factor = second_factor
        self.attributes = attributes
        self.timeout = timeout

    @sensitive_variables()
    def validate(self, password, user=None):
        """Raises ValidationError with each reason of the guard's, and for what could not be checked."""
        words = [str(getattr(user, name, "") or "") for name in self.attributes]
        asked = {"password": password, "second_factor": self.second_factor, "context": [word for word in words if word]}
        asked["lang"] = "ja" if (get_language() or "").startswith("ja") else "en"
        try:
            answer = self.client.post(self.url, json=asked, timeout=self.timeout)
            answer.raise_for_status()
            reasons = [ValidationError(reason["text"], code=reason["id"]) for reason in answer.json()["reasons"]]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            # Not the error itself: what it says may hold what was sent.
            return unchecked(self.accept_unchecked, type(error).__name__)
        if reasons:
            raise ValidationError(reasons)

    def get_help_text(self):
        """What stands beside the field."""
        return _("Your password can’t be one that has leaked, that is short, or that is your name.")
