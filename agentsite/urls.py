"""Every address of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from agentsite import metrics
from agentsite.health import views as health

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # with the second factor
# Addresses are looked for in this order; programs ask most often.
urlpatterns = [
    path("api/v1/", include("builds.api.urls")),
    path("api/v1/", include("memory.api.urls")),
    path("api/v1/", include("agentsite.accounts.api.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("", include("builds.urls")),
    path("", include("agentsite.accounts.urls")),
    path("", include("telegram_link.urls")),
    path("memory/", include("memory.urls")),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
handler400 = "agentsite.pages.bad_request"
handler404 = "agentsite.pages.not_found"
handler403 = "agentsite.pages.forbidden"
handler500 = "agentsite.pages.server_error"
