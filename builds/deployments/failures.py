"""How a deployment can end badly; a part of ``builds.failures``."""

from django.utils.translation import gettext_lazy as _

from builds.failure import TELL_THE_OPERATOR, Failure

TABLE = {
    "deployment.tests_failed": Failure(
        "user",
        False,
        _("The tests failed in a fresh checkout of the commit: %(failing)s."),
        _("The branch was not moved. Look at the report, and build it again."),
    ),
    "deployment.not_healthy": Failure(
        "user",
        True,
        _("The tests failed in a fresh checkout of the branch: %(failing)s."),
        _("The branch is where it was before. Look at the report, then deploy again."),
    ),
    "deployment.branch_moved": Failure(
        "user",
        True,
        _("Somebody else has moved the branch %(branch)s: it is at %(sha)s."),
        _("Look at what was put there, then deploy again on top of it."),
    ),
    "deployment.checkout_unreadable": Failure(
        "user",
        False,
        _("What was checked out can't be tested: %(reason)s."),
        _("Only plain files of text within a build's limits are tested. Deploy a build to another branch."),
    ),
    "deployment.build_gone": Failure(
        "user", False, _("The build's files are not there any more."), _("Build it again, then deploy that.")
    ),
    "deployment.files_changed": Failure(
        "platform",
        False,
        _("The build's files are not those that were proved."),
        _("Tell the operator, and build it again."),
    ),
    "deployment.commit_gone": Failure(
        "user", False, _("The commit %(sha)s is not there any more."), _("Deploy a build instead of going back.")
    ),
    "deployment.remote_away": Failure(
        "platform",
        True,
        _("The remote can't be reached: %(reason)s."),
        _("Check its address and that it answers, then try again."),
    ),
    "deployment.remote_refused": Failure(
        "user",
        True,
        _("The remote refused: %(reason)s."),
        _("Check the target's user name and credential, and what they may do there. Then try again."),
    ),
    "deployment.address_refused": Failure(
        "user",
        False,
        _("The remote's name leads to an address that is not public."),
        _("The operator has to allow such a host with DEPLOYMENT_ALLOWED_HOSTS."),
    ),
    "deployment.credential_unreadable": Failure(
        "user",
        False,
        _("The target's credential was encrypted with a key that is not known any more."),
        _("Enter the credential again, then try again."),
    ),
    "deployment.git_missing": Failure(
        "platform", True, _("There is no git on this server."), _("The operator has to install git.")
    ),
    "deployment.git_too_old": Failure(
        "platform",
        True,
        _("The git of this server is too old to reach a remote safely."),
        _("The operator has to install git 2.37 or newer."),
    ),
    "deployment.git_failed": Failure("platform", True, _("Git failed: %(reason)s."), TELL_THE_OPERATOR),
    "deployment.worn_out": Failure(
        "platform", True, _("The deployment was taken up again and again and never got on."), TELL_THE_OPERATOR
    ),
    "deployment.timeout": Failure("platform", True, _("The deployment took too long."), _("Try again.")),
    "deployment.cancelled": Failure("user", True, _("Somebody cancelled it."), _("Deploy it again when you want to.")),
    "deployment.rejected": Failure("user", True, _("It was not approved. %(reason)s"), _("Ask for it again.")),
    "deployment.expired": Failure("user", True, _("Nobody approved it in time."), _("Ask for it again.")),
}
