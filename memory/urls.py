"""Addresses of memory's pages."""

from django.urls import path

from memory import attachment_views, history_views, passage_views, views

app_name = "memory"
urlpatterns = [
    path("", views.memories_view, name="memories"),
    path("<uuid:memory_id>/", views.memory, name="memory"),
    path("<uuid:memory_id>/keep/", views.keep, name="keep"),
    path("<uuid:memory_id>/forget/", views.forget, name="forget"),
    path("facts/", views.add_fact, name="add_fact"),
    path("facts/<int:fact_id>/", views.fact, name="fact"),
    path("facts/<int:fact_id>/delete/", views.delete_fact, name="delete_fact"),
    path("search/", passage_views.search, name="search"),
    path("passages/<uuid:passage_id>/", passage_views.passage, name="passage"),
    path("passages/<uuid:passage_id>/exclusion/", passage_views.set_excluded, name="set_excluded"),
    path("documents/", passage_views.documents_view, name="documents"),
    path("documents/delete/", passage_views.delete_document, name="delete_document"),
    path("files/<uuid:attachment_id>/", attachment_views.attachment, name="attachment"),
    path("files/<uuid:attachment_id>/delete/", attachment_views.delete_attachment, name="delete_attachment"),
    path("history/", history_views.history, name="history"),
    path("history/retention/", history_views.retain, name="retain"),
    path("history/<uuid:conversation_id>/", history_views.conversation, name="conversation"),
    path("history/<uuid:conversation_id>/archive/", history_views.archive, name="archive"),
    path("history/<uuid:conversation_id>/resume/", history_views.resume, name="resume"),
    path("history/<uuid:conversation_id>/delete/", history_views.delete_conversation, name="delete_conversation"),
]
