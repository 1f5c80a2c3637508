"""${message}

Revision: ${up_revision}, after ${down_revision | comma,n}.

Compatibility: the code deployed before this migration must keep working after it, and this migration must be safe to
run twice. So it only adds: tables, nullable columns or columns with a default, indexes built CONCURRENTLY, constraints
added NOT VALID and validated in a later migration. A column that goes is first unused for a release, then dropped.
Nothing here may wait for a lock or hold one for long: env.py sets lock_timeout and statement_timeout.
"""

import sqlalchemy as sa
from alembic import op

${imports if imports else ""}


revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: str | None = ${repr(branch_labels)}
depends_on: str | None = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
