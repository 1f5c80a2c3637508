"""What runs on a clock: the one place that names every job, says what it does, and when.

template.yaml has a ScheduleV2 event for each, with the same expression and `{"job": "<name>"}` as its input.
"""

from dataclasses import dataclass
from typing import Final

EVERY_MINUTE: Final = "rate(1 minute)"
HOURLY: Final = "rate(1 hour)"
AT_NIGHT: Final = "cron(17 2,3,4 * * ? *)"
"""Three times: what the first run has no time for is the next one's."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job and its schedule, as EventBridge writes them; a cron expression counts in `timezone`."""

    name: str
    schedule: str
    does: str
    timezone: str = "UTC"


SCHEDULES = (
    Scheduled("expire_reservations", EVERY_MINUTE, "Gives back stock that was held for carts."),
    Scheduled(
        "cancel_unpaid_orders", EVERY_MINUTE, "Cancels orders that were not paid in time, and frees their stock."
    ),
    Scheduled("flash_sales", EVERY_MINUTE, "Starts flash sales and ends them."),
    Scheduled("sweep_outbox", EVERY_MINUTE, "Sends messages that a crash has left behind, such as those of mails."),
    Scheduled("sweep_syncs", EVERY_MINUTE, "Tells the worker of syncs with other shops that wait."),
    Scheduled("finish", "rate(5 minutes)", "Goes on with jobs that had more to do than time."),
    Scheduled("abandoned_carts", "rate(5 minutes)", "Reminds customers who agreed to it of the carts they left."),
    Scheduled("subscriptions", HOURLY, "Reminds stores of the end of their trial or plan, and closes them after it."),
    Scheduled("tax_exemptions", HOURLY, "Lets certificates of tax exemption expire."),
    Scheduled("sessions_and_tokens", HOURLY, "Deletes sessions and tokens that are over, and attempts that are old."),
    Scheduled("idempotency_keys", HOURLY, "Deletes answers that were kept for a day."),
    Scheduled("expire_carts", "cron(10 1 * * ? *)", "Deletes carts that nobody changed for 30 days."),
    Scheduled("password_histories", "cron(20 1 * * ? *)", "Forgets passwords of more than two years ago."),
    Scheduled("old_messages", "cron(30 1 * * ? *)", "Deletes mails, events, deliveries and runs that are a month old."),
    Scheduled("transfer_files", "cron(40 1 * * ? *)", "Deletes files of imports and exports after a week."),
    Scheduled("check_ledger", "cron(0 2 * * ? *)", "Works out every stock from its ledger; a difference is an error."),
    Scheduled("archive_audit_log", "cron(0 3 * * ? *)", "Moves the audit log of more than a year ago to the archive."),
    Scheduled("low_stock_digest", "cron(0 6 * * ? *)", "Tells each store what is running out."),
    Scheduled("purge", AT_NIGHT, "Deletes for good what was deleted more than 90 days ago."),
)
NAMES = frozenset(one.name for one in SCHEDULES)
