"""The variables that template.yaml gives to the functions, which on the laptop share one environment."""

import os
from collections.abc import Mapping

from local.cloudformation import Intrinsic, Made, TemplateError, look_up
from local.database import ROLES
from local.media import PAGE
from local.template import Template
from shared.settings import settings

SENDER = "StormCom <no-reply@stormcom.example>"
_OF_THE_DATABASE = {*ROLES, "DB_IAM_AUTH"}


def set_environment(template: Template, made: Made, url: str) -> None:
    """Sets what can be resolved; `url` is the gateway's. Raises TemplateError naming two functions that disagree."""
    variables = resolved(template, made)
    here = {"APP_URL": url, "MAIL_FROM": SENDER, "MEDIA_URL": f"{url}{PAGE}", "WEBHOOK_URL": url, "API_URL": url}
    # Shops that a laptop is connected to are mostly on it too.
    for name, value in (here | {"ALLOW_PRIVATE_SHOPS": "true"}).items():
        variables[name] = variables.get(name) or os.environ.get(name) or value
    os.environ.update(variables)
    settings.cache_clear()


def resolved(template: Template, made: Made) -> dict[str, str]:
    """Every variable that has a value here, those of the database left out.

    A parameter's value is the environment's own, or else its default. Raises TemplateError naming two functions that
    disagree.
    """
    found: dict[str, tuple[str, str]] = {}
    for function in template.functions:
        for name, declared in function.environment.items():
            value = _value(name, declared, made, template.parameters)
            if value is None or name in _OF_THE_DATABASE:
                continue
            first, other = found.setdefault(name, (function.name, value))
            if other != value:
                raise TemplateError(f"{name} is {other!r} in {first} and {value!r} in {function.name}; it must agree")
    return {name: value for name, (_, value) in found.items()}


def _value(name: str, declared: str | Intrinsic, made: Made, parameters: Mapping[str, str]) -> str | None:
    if isinstance(declared, str):
        return declared
    if declared.tag == "Ref" and declared.argument in parameters:
        return os.environ.get(name, parameters[declared.argument])
    return look_up(declared, made)
