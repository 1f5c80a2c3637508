"""What has become of the rows of a file."""

from dataclasses import dataclass, field

from functions.catalog.transfers.issues import Issue


@dataclass(slots=True)
class Outcome:
    """What has become of products, each counted once, and what was wrong with their rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    issues: list[Issue] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Count what another part has done too."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.failed += other.failed
        self.issues += other.issues
