"""How a worker takes a hint in; named by the tasks that hints call (``agentsite.common.hints``)."""

from celery.worker.request import Request


class HintRequest(Request):  # type: ignore[misc]  # celery has no types
    """A message that may come too late, and then is dropped without a word.

    Celery writes down in its results that it expired, on the thread that reads messages: with the database away that
    ended the whole worker. A task's own result and error are stored where it runs, and stay.
    """

    store_errors = False
