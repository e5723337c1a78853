"""Run by the runtime's pip: fetches source distributions and prints where each one lies.

``pip download`` would run a package's build to learn its metadata. Here pip's own finder and downloader are asked, with
its configuration, so nothing of a package is run.
"""

import json
import sys

from pip._internal.commands.download import DownloadCommand
from pip._internal.network.download import Downloader
from pip._vendor.packaging.specifiers import SpecifierSet


def main(folder: str, *requirements: str) -> None:
    """Fetch each ``name==version``."""
    command = DownloadCommand("download", "fetch source distributions")
    options, _ = command.parse_args(["--quiet", "--quiet", "--no-binary=:all:", f"--dest={folder}", *requirements])
    places = {}
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        fetch = Downloader(session, "off")
        for requirement in requirements:
            name, _, version = requirement.partition("==")
            best = finder.find_best_candidate(name, SpecifierSet(f"=={version}")).best_candidate
            if best is None:
                sys.exit(f"{requirement}: no source distribution")
            places[requirement] = fetch(best.link, folder)[0]
    sys.stdout.write(json.dumps(places))


if __name__ == "__main__":
    main(*sys.argv[1:])
