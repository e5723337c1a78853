"""The operator's console in a browser: nothing that the content security policy would have to be loosened for."""

import pytest
from django.contrib import admin
from django.urls import reverse

from agentsite.accounts.models import User
from tests import factories
from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def lists() -> list[str]:
    return sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)


def test_every_list_and_form_of_the_console_obeys_the_policy(open_page: OpenPage, operator: User) -> None:
    build = factories.completed(operator)
    pages = [reverse("admin:index"), reverse("admin:builds_build_change", args=[build.id])]
    pages += [reverse("admin:builds_run_change", args=[build.run_id])]
    pages += [reverse("admin:accounts_user_change", args=[operator.pk]), reverse("admin:accounts_invitation_add")]
    pages += [reverse(f"admin:{name}_changelist") for name in lists()]
    page = open_page(pages[0], operator)
    for path in pages[1:]:
        page.goto(page.url.split("/admin")[0] + path)
        assert page.locator("#content").is_visible(), path
    assert page.complaints == []
