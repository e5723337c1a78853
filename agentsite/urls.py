"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from agentsite import health

urlpatterns = [
    path("", include("builds.urls")),
    path("", include("agentsite.accounts.urls")),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("builds.api.urls")),
    path("api/v1/", include("agentsite.accounts.api.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]
handler400 = "agentsite.pages.bad_request"
handler404 = "agentsite.pages.not_found"
handler403 = "agentsite.pages.forbidden"
handler500 = "agentsite.pages.server_error"
