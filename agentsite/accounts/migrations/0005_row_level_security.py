from django.db import migrations

from agentsite.common.row_security import FUNCTIONS, NO_FUNCTIONS, guard, on_postgresql


class Migration(migrations.Migration):
    """Keys, counters and kept answers are seen by whose they are.

    ``accounts_user`` itself is not behind the wall: a login has to find it before anybody is known.
    """

    dependencies = [("accounts", "0004_storage")]
    operations = [
        on_postgresql(FUNCTIONS, NO_FUNCTIONS),
        guard("accounts_apikey"),
        guard("accounts_dailyusage"),
        guard("accounts_idempotencykey"),
        guard("accounts_storageusage"),
    ]
