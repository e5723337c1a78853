"""Which packages: pinned releases that ship tests, which need only pytest and the standard library."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """One release, and what of its source distribution goes into the tree."""

    name: str
    version: str
    sha256: str
    keep: tuple[str, ...]
    """Files, and folders with all that is in them."""
    without: tuple[str, ...] = ()
    """Files left out to see the others: what they do, the toolchain refuses as a whole."""

    @property
    def title(self) -> str:
        """Return name and version, and what is left out."""
        return f"{self.name} {self.version}" + "".join(f" without {path}" for path in self.without)


PACKAGES = (
    Package(
        "boltons",
        "26.2.0",
        "d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c",
        ("boltons", "tests"),
    ),
    Package(
        "boltons",
        "26.2.0",
        "d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c",
        ("boltons", "tests"),
        without=("tests/test_gcutils.py",),
    ),
    Package(
        "cachetools",
        "8.0.0",
        "5ed01bd676800d51f0025605e4fd8ad0891550513e7b0a4c3da478463764e5c3",
        ("src/cachetools", "tests"),
    ),
    Package("colorama", "0.4.6", "08695f5cb7ed6e0531a20572697297273c47b8cae5a63ffc6d6ed5c201be6e44", ("colorama",)),
    Package("h11", "0.16.0", "4e35b956cf45792e4caa5885e69fba00bdbc6ffafbfa020300e549b208ee5ff1", ("h11",)),
    Package(
        "hyperframe",
        "6.1.0",
        "f630908a00854a7adeabd6382b43923a4c4cd4b821fcb527e6ab9e15382a3b08",
        ("src/hyperframe", "tests"),
    ),
    Package(
        "inflection",
        "0.5.1",
        "1a29730d366e996aaacffb2f1f1cb9593dc38e2ddd30c91250c6dde09ea9b417",
        ("inflection", "test_inflection.py"),
    ),
    Package(
        "isodate", "0.7.2", "4cd1aa0f43ca76f4a6c6c0292a85f40b35ec2e43e315b59f06e6d32171a953e6", ("src/isodate", "tests")
    ),
    Package(
        "mistune",
        "3.4.0",
        "2eaf7952af928ca8d33b779762effc1da517b62c6ad85ec8ca957e3b07b9782a",
        ("src/mistune", "tests", "pyproject.toml"),
    ),
    Package(
        "mistune",
        "3.4.0",
        "2eaf7952af928ca8d33b779762effc1da517b62c6ad85ec8ca957e3b07b9782a",
        ("src/mistune", "tests", "pyproject.toml"),
        without=("tests/test_commonmark.py",),
    ),
    Package(
        "more-itertools",
        "11.2.1",
        "cbf08fd0af284dc69718b9b76a8e6203df624d70209ea511e4219d350c856f63",
        ("more_itertools", "tests"),
    ),
    Package(
        "ordered-set",
        "4.1.0",
        "694a8e44c87657c59292ede72891eb91d34131f6531463aab3009191c77364a8",
        ("ordered_set", "test"),
    ),
    Package("parse", "1.22.4", "706d458feed5a81b02768d3156e8070baf6cee7d150a3a3c0cd43101a875c3b5", ("parse", "tests")),
    Package(
        "pathspec", "1.1.1", "17db5ecd524104a120e173814c90367a96a98d07c45b2e10c2f3919fff91bf5a", ("pathspec", "tests")
    ),
    Package(
        "pycparser",
        "3.12",
        "f03387877eab82ce01bbdfd0ba7252ee55a90b1c708d5129e2ce915475cf1db6",
        ("pycparser", "tests", "examples"),
    ),
    Package("pyflakes", "4.1.0", "592beb57058eb82eb190fb7514f2081c555c51000b029ff71286a681e6cf2f83", ("pyflakes",)),
    Package(
        "schema",
        "0.7.8",
        "e86cc08edd6fe6e2522648f4e47e3a31920a76e82cce8937535422e310862ab5",
        ("schema", "test_schema.py", "LICENSE-MIT"),
    ),
    Package("simplejson", "4.3.0", "ffe34ab51a0d37e6d1c661a5672df00d2d5e18804e38eac07abffb83fa5ec3d7", ("simplejson",)),
    Package(
        "six", "1.17.0", "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81", ("six.py", "test_six.py")
    ),
    Package(
        "tabulate", "0.10.0", "e2cfde8f79420f6deeffdeda9aaec3b6bc5abce947655d17ac662b126e48a60d", ("tabulate", "test")
    ),
    Package(
        "termcolor",
        "3.3.0",
        "348871ca648ec6a9a983a13ab626c0acce02f515b9e1983332b17af7979521c5",
        ("src/termcolor", "tests"),
    ),
    Package("toolz", "1.2.0", "9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490", ("toolz", "tlz")),
    Package(
        "typing_extensions", "4.16.0", "dc983d19a509c94dba722ee6abd33940f7c05a89e243c47e907eb4db6f1a43e5", ("src",)
    ),
    Package(
        "xmltodict",
        "1.0.4",
        "6d94c9f834dd9e44514162799d344d815a3a4faec913717a9ecbfa5be1bb8e61",
        ("xmltodict.py", "tests"),
    ),
)
