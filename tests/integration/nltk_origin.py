"""A server with NLTK's index and some of its data, made small."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from integration.index import Index, served

STOPWORDS = "stopwords.zip"
SIGNATURE = "l4nt3rn-s1g"
DATA: Mapping[str, tuple[str, int, Mapping[str, str]]] = {
    "stopwords": ("corpora", 1, {"harbourish": "ahoy\navast\n"}),
    "wordnet": ("corpora", 0, {"lexnames": "03\tnoun.Tops\t1\n"}),
    "punkt_tab": ("tokenizers", 1, {"english/collocations.tab": "st\tpier\n"}),
}
"""Name -> its folder, whether NLTK unpacks it, and its files."""
_PACKAGE = (
    '<package id="{name}" name="{name}" subdir="{folder}" unzip="{unzip}" size="{size}" '
    'unzipped_size="{unzipped}" checksum="{checksum}" url="{url}"/>'
)
_INDEX = """\
<?xml version="1.0"?>
<nltk_data>
<packages>{packages}</packages>
<collections><collection id="popular" name="popular"><item ref="stopwords"/>
<item ref="wordnet"/></collection></collections>
</nltk_data>
"""


@dataclass(frozen=True)
class NltkOrigin:
    server: Index
    folder: Path
    damaged: set[str] = field(default_factory=set)
    """The names of data whose archives are cut."""
    signed: set[str] = field(default_factory=set)
    """The names of data whose archives have addresses with a signature, which has expired."""

    @property
    def url(self) -> str:
        return self.server.file_url("index.xml")

    @property
    def variables(self) -> Mapping[str, str]:
        """The variable with which NLTK finds the index."""
        return {"NLTK_DOWNLOAD_URL": self.url}

    def publish(self) -> None:
        """Write the archives, and the index with the address of the running server."""
        packages = []
        for name, (folder, unzip, files) in DATA.items():
            path = self.folder / f"{name}.zip"
            with zipfile.ZipFile(path, "w") as archive:
                for file, text in files.items():
                    archive.writestr(zipfile.ZipInfo(f"{name}/{file}"), text)
            data = path.read_bytes()
            query = f"?sp=r&amp;sig={SIGNATURE}" if name in self.signed else ""
            packages.append(
                _PACKAGE.format(
                    name=name,
                    folder=folder,
                    unzip=unzip,
                    size=len(data),
                    unzipped=sum(map(len, files.values())),
                    checksum=hashlib.md5(data, usedforsecurity=False).hexdigest(),
                    url=self.server.file_url(f"{path.name}{query}"),
                )
            )
            if name in self.damaged:
                path.write_bytes(data[: len(data) // 2])
            self.server.add(path)
        index = self.folder / "index.xml"
        index.write_text(_INDEX.format(packages="\n".join(packages)), encoding="utf-8")
        self.server.add(index)


@contextmanager
def nltk_origin(
    folder: Path, damaged: Collection[str] = (), signed: Collection[str] = ()
) -> Iterator[NltkOrigin]:
    """Serve NLTK's data until the block is left."""
    folder.mkdir()
    server = Index()
    with served(server):
        origin = NltkOrigin(server, folder, {*damaged}, {*signed})
        origin.publish()
        yield origin
