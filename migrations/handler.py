"""The migrator function, and the hook that asks it before new code takes traffic.

It lives with the migrations, since a function's package is its own folder: it is the one that knows of them.
"""

import json
import logging
import urllib.request
from typing import Any

from migrations import migrator

log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers `{"action": "upgrade" | "status" | "check"}`, and CloudFormation, for which a schema is a resource.

    `{"action": "upgrade", "contract": true}` also runs what takes away. Raises RuntimeError for a check that fails, and
    ValueError for another action.
    """
    if "RequestType" in event:
        return _as_resource(event)
    action = event.get("action")
    if action == "upgrade":
        return migrator.shown(migrator.upgrade(contract=event.get("contract") is True))
    if action in ("status", "check"):
        return migrator.shown(_checked() if action == "check" else migrator.status())
    raise ValueError(f"action is upgrade, status or check, not {action!r}")


def before_traffic(event: dict[str, Any], context: Any) -> None:
    """Tells CodeDeploy whether the schema is what this version of the code needs. Raises what AWS raises."""
    import boto3  # noqa: PLC0415 - the migrator itself does without

    try:
        _checked()
        verdict = "Succeeded"
    except Exception:
        log.exception("the schema is not ready for this version")
        verdict = "Failed"
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=verdict,
    )


def _checked() -> migrator.Status:
    found = migrator.status()
    if not found.is_ready:
        raise RuntimeError(f"the schema is at {found.revision}; to run: {found.pending}, held back: {found.held}")
    return found


def _as_resource(event: dict[str, Any]) -> dict[str, Any]:
    """Expands the schema before the functions that need it change. A schema is never taken back, so a rollback, which
    asks for the version before, finds nothing to do."""
    answer = {"Status": "SUCCESS", "Reason": ""}
    try:
        if event["RequestType"] != "Delete":
            migrator.upgrade()
            _checked()
    except Exception as error:
        log.exception("the schema was not expanded")
        answer = {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"[:1000]}
    answer |= {"PhysicalResourceId": "schema"}
    answer |= {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - CloudFormation's own address, https
        return answer
