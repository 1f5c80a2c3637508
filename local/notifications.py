"""Lets the buckets of template.yaml tell its queues what comes into them, as S3 does."""

from collections.abc import Mapping
from typing import Any

from local.cloudformation import Made, TemplateError, look_up, mapping, shown


def tell_queues(buckets: Mapping[str, Mapping[str, Any]], made: Made) -> None:
    """Set what each bucket declares. Raises TemplateError for a queue that the template does not have."""
    import boto3  # noqa: PLC0415 - costs a third of a second that other commands need not wait

    s3 = boto3.client("s3")
    for name, properties in buckets.items():
        declared = mapping(properties.get("NotificationConfiguration"), f"{name}.NotificationConfiguration")
        if found := [_to_queue(name, one, made) for one in declared.get("QueueConfigurations", ())]:
            configuration: Any = {"QueueConfigurations": found}
            s3.put_bucket_notification_configuration(Bucket=made[name]["Ref"], NotificationConfiguration=configuration)
    s3.close()


def _to_queue(bucket: str, declared: Mapping[str, Any], made: Made) -> dict[str, Any]:
    """In the words of S3's own API, which are not CloudFormation's."""
    queue = look_up(declared.get("Queue"), made)
    if queue is None:
        raise TemplateError(
            f"{bucket}: Queue must be `!GetAtt Name.Arn` of a queue here, found {shown(declared.get('Queue'))}"
        )
    rules = declared.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    return {"QueueArn": queue, "Events": [declared["Event"]], "Filter": {"Key": {"FilterRules": rules}}}
