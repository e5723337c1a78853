"""How reading a file or writing down a recording can end badly; a part of ``builds.failures``."""

from django.utils.translation import gettext_lazy as _

from builds.failure import Failure

_SEND_AGAIN = _("Send it once more, or write it down.")
_SEND_SHORTER = _("Send a shorter one, or write it down.")
_TRANSCRIPTION = _("Write it down instead, and have the operator check TRANSCRIPTION_BASE_URL, its key and its model.")

TABLE = {
    "transcription.not_connected": Failure(
        "platform",
        False,
        _("Nobody here can listen to recordings: the operator has connected no transcription."),
        _("Write it down instead. Operators: TRANSCRIPTION_BASE_URL says where recordings are written down."),
    ),
    "transcription.unreachable": Failure(
        "platform", True, _("The server that writes recordings down cannot be reached."), _TRANSCRIPTION
    ),
    "transcription.lost": Failure(
        "platform", True, _("The server that writes recordings down was lost while it listened."), _SEND_AGAIN
    ),
    "transcription.overloaded": Failure(
        "platform", True, _("The server that writes recordings down is overloaded."), _SEND_AGAIN
    ),
    "transcription.timeout": Failure("platform", True, _("Writing this recording down took too long."), _SEND_SHORTER),
    "transcription.not_authorised": Failure(
        "platform", False, _("The server that writes recordings down refused the key."), _TRANSCRIPTION
    ),
    "transcription.rejected": Failure(
        "platform", False, _("The server that writes recordings down did not take this one."), _SEND_AGAIN
    ),
    "transcription.too_large": Failure(
        "user", False, _("This recording is too large for the server that writes it down."), _SEND_SHORTER
    ),
    "transcription.bad_answer": Failure(
        "platform", False, _("What answered is no server that writes recordings down."), _TRANSCRIPTION
    ),
    "transcription.no_price": Failure(
        "platform",
        False,
        _("There is a budget, and nobody can say what listening to recordings costs."),
        _("Write it down instead. Operators: TRANSCRIPTION_USD_PER_MINUTE says what a minute costs."),
    ),
    "transcription.empty": Failure("user", True, _("Nothing was heard in this recording."), _SEND_AGAIN),
    "attachments.sensitive": Failure(
        "user",
        False,
        _("A file holds personal data or secrets, and this installation takes none: %(names)s."),
        _("Take them out and send the file again."),
    ),
    "attachments.unreadable": Failure(
        "user",
        False,
        _("This file could not be read: it is damaged or encrypted."),
        _("Save it anew and send it again."),
    ),
    "attachments.timeout": Failure(
        "user", False, _("Reading this file took too long."), _("Send a smaller one, or the part that matters.")
    ),
    "attachments.too_much": Failure(
        "user", False, _("Reading this file took too much memory."), _("Send a smaller one, or the part that matters.")
    ),
    "attachments.bomb": Failure(
        "user",
        False,
        _("This archive unpacks to more than it says."),
        _("Pack it anew, with the files that matter alone."),
    ),
    "attachments.no_ocr": Failure(
        "platform",
        False,
        _("Letters in images are not read here: Tesseract is not installed."),
        _("The operator installs Debian's package tesseract-ocr where code runs, and starts again."),
    ),
}
