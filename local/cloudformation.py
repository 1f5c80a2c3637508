"""CloudFormation's YAML: its short tags, what stands under a name, and checks that say where something is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Made = Mapping[str, Mapping[str, str]]
"""What was made of resources, by their names: the value of `!Ref` under "Ref", those of `!GetAtt` under theirs."""


class TemplateError(Exception):
    """The template cannot be used; the message names the file or the resource and says why."""


@dataclass(frozen=True)
class Intrinsic:
    """A value that only CloudFormation can fill in: `!GetAtt Queue.Arn` has the argument `Queue.Arn`."""

    tag: str
    argument: str

    @property
    def resource(self) -> str:
        """The name that `!Ref` or `!GetAtt` begins with."""
        return self.argument.partition(".")[0]


class _Loader(yaml.SafeLoader):
    """Plain YAML and CloudFormation's short tags."""


def _intrinsic(_loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Intrinsic:
    # `!GetAtt [Queue, Arn]` is another way to write `!GetAtt Queue.Arn`.
    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return Intrinsic(tag, ".".join(str(part.value) for part in parts))


_Loader.add_multi_constructor("!", _intrinsic)


def parse(path: Path) -> Any:
    """The document in a file. Raises TemplateError."""
    try:
        return _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except (OSError, yaml.YAMLError) as error:
        raise TemplateError(f"{path} cannot be read: {error}") from error


def mapping(value: Any, where: str) -> dict[str, Any]:
    """The value as a mapping, an empty one when there is none. Raises TemplateError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TemplateError(f"{where}: expected a mapping, found {shown(value)}")
    return value


def of_type(kind: str, declared: Mapping[str, Any], where: str = "") -> dict[str, dict[str, Any]]:
    """The properties of those resources or events that have a type, by their names. Raises TemplateError."""
    found = {name: mapping(value, where + name) for name, value in declared.items()}
    return {
        name: mapping(value.get("Properties"), where + name)
        for name, value in found.items()
        if value.get("Type") == kind
    }


def shown(value: Any) -> str:
    """A value as the template's author wrote it."""
    return f"!{value.tag} {value.argument}" if isinstance(value, Intrinsic) else repr(value)


def text(value: str | float | bool) -> str:
    """A scalar as CloudFormation passes it on."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def look_up(value: Any, made: Made) -> str | None:
    """What `!Ref` or `!GetAtt` of something made stands for; None for anything else."""
    if not isinstance(value, Intrinsic) or value.tag not in ("Ref", "GetAtt"):
        return None
    attribute = "Ref" if value.tag == "Ref" else value.argument.partition(".")[2]
    return made.get(value.resource, {}).get(attribute)
