"""Addresses of the pages about webhooks; part of the builds' own."""

from django.urls import path

from builds.webhooks import views

urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("<int:endpoint_id>/", views.webhook, name="webhook"),
    path("<int:endpoint_id>/pause/", views.pause, name="webhook_pause"),
    path("<int:endpoint_id>/resume/", views.resume, name="webhook_resume"),
    path("<int:endpoint_id>/rotate/", views.rotate, name="webhook_rotate"),
    path("<int:endpoint_id>/delete/", views.delete, name="webhook_delete"),
    path("<int:endpoint_id>/ping/", views.ping, name="webhook_ping"),
    path("<int:endpoint_id>/deliveries/<uuid:delivery_id>/redeliver/", views.redeliver, name="webhook_redeliver"),
]
