"""Small templates, and an AWS made of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.aws import Aws, local_aws
from local.events import LambdaContext
from local.invocation import Invoke, invoker
from local.template import Template, read_template

Event = dict[str, Any]


def template(folder: Path, text: str) -> Template:
    """What the stack reads from a template with this text."""
    path = folder / "template.yaml"
    path.write_text(text)
    return read_template(path)


@contextmanager
def aws_of(folder: Path, text: str) -> Iterator[tuple[Template, Aws]]:
    """An AWS with what a template declares; its keys and pictures are kept in the folder."""
    read = template(folder, text)
    with local_aws(read, folder / "kms.json", folder / "media") as aws:
        yield read, aws


def calling(handler: Any) -> Invoke:
    """Invokes one handler, whatever the function."""
    return invoker(lambda _path: handler)


class Recorder:
    """A handler that keeps its events and gives one answer after the other: raises it, calls it, or returns it."""

    def __init__(self, *answers: Any) -> None:
        self.events: list[Event] = []
        self._answers = iter(answers)

    def __call__(self, event: Event, _context: LambdaContext) -> Any:
        self.events.append(event)
        answer = next(self._answers, None)
        if isinstance(answer, BaseException):
            raise answer
        return answer(event) if callable(answer) else answer
