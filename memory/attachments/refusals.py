"""Why a file is not taken, in words that say what to do."""

from django.utils.translation import gettext as _

from agentsite.common.errors import AppError


def empty() -> AppError:
    """Return the refusal of a file without anything in it."""
    return AppError("attachment.empty", _("This file is empty."), hint=_("Choose another one."))


def too_large(most: int) -> AppError:
    """Return the refusal of a file that is too large."""
    return AppError(
        "attachment.too_large",
        _("A file can have %(most)d MB at most.") % {"most": most // 1_000_000},
        hint=_("Bring it in parts, or a smaller one."),
        http_status=413,
    )


def unknown_kind() -> AppError:
    """Return the refusal of what is none of the kinds that are taken."""
    return AppError(
        "attachment.unknown_kind",
        _("This kind of file is not taken. What counts is what a file holds, not what it is called."),
        hint=_taken(),
        http_status=415,
    )


def several_kinds() -> AppError:
    """Return the refusal of a file that another program could take for something else."""
    return AppError(
        "attachment.several_kinds",
        _("This file is several kinds at once, or something is hidden behind its end."),
        hint=_("Save it anew with the program that made it, and send that."),
    )


def too_many_pixels(most: int) -> AppError:
    """Return the refusal of an image that would take too much memory to be read."""
    return AppError(
        "attachment.too_many_pixels",
        _("An image can have %(most)d million pixels at most.") % {"most": most // 1_000_000},
        hint=_("Make it smaller, or cut out the part that matters."),
    )


def unsafe_image() -> AppError:
    """Return the refusal of a drawing that runs code or fetches something."""
    return AppError(
        "attachment.unsafe_image",
        _("This drawing holds a script, or refers to something outside of it."),
        hint=_("Save it as a plain SVG, or as PNG."),
    )


def archive_bomb() -> AppError:
    """Return the refusal of an archive that would unpack to far more than it is."""
    return AppError(
        "attachment.archive_bomb",
        _("This archive would unpack to too much, or holds other archives."),
        hint=_("Send the files that matter, at most 2 000 of them with 100 MB together, in a plain archive."),
    )


def unsafe_path() -> AppError:
    """Return the refusal of an archive whose files would land elsewhere."""
    return AppError(
        "attachment.unsafe_path",
        _("This archive holds a link, or a name that leads out of it."),
        hint=_("Pack it anew without links and with relative names."),
    )


def broken() -> AppError:
    """Return the refusal of a file that isn't whole."""
    return AppError(
        "attachment.broken",
        _("This file is damaged, encrypted or cut off."),
        hint=_("Save it anew without a password, and send it again."),
    )


def _taken() -> str:
    return _(
        "Taken are texts and code in UTF-8 or UTF-16, images (PNG, JPEG, GIF, WebP, BMP, TIFF; SVG as text), sound"
        " (Ogg, MP3, M4A, WAV, FLAC) and archives (zip, tar, gz)."
    )
