"""Addresses of the account's pages."""

from django.urls import path

from agentsite.accounts import views

app_name = "accounts"
urlpatterns = [
    path("keys/", views.api_keys, name="keys"),
    path("keys/<int:key_id>/revoke/", views.revoke, name="revoke"),
    path("keys/<int:key_id>/rotate/", views.rotate, name="rotate"),
]
