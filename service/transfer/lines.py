"""Reads an untrusted file as text, line by line, in bounded memory."""

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from service.domain.vocabulary import Encoding
from service.errors import Fault, Invalid


class File(Protocol):
    """A file that is read from its beginning, possibly twice."""

    def seek(self, place: int, whence: int = 0, /) -> int: ...

    def read(self, size: int = -1, /) -> bytes: ...

    def watch(self) -> None:
        """Called again and again while the file is read. What it raises ends the reading."""


MAX_LINE = 4_194_304  # characters; longer than any valid record
MAX_EMPTY = 100_000  # lines
_WATCHED = 100  # lines after which the reading may be ended
_AT_ONCE = 65_536
_END = re.compile("\r\n|\r|\n")


def refused(detail: str, line: int | None = None, pointer: str = "") -> Invalid:
    """The error that refuses a whole file because of one place in it."""
    return Invalid(detail, [Fault(pointer, detail, place="file", line=line)])


def encoding_of(file: File) -> Encoding:
    """UTF-16 if the file begins with its byte order mark, else UTF-8."""
    file.seek(0)
    return Encoding.UTF_16 if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else Encoding.UTF_8


def lines(file: File, encoding: Encoding = Encoding.UTF_8) -> Iterator[str]:
    """Each line with its line ending (LF, CR LF or CR). A byte order mark is removed.

    Raises Invalid for bytes that are not of this encoding and U+0000, each with the offset in bytes, for a line that is
    too long, and for a file that is mostly empty lines.
    """
    file.seek(0)
    rest = ""
    number = empty = 0
    for text, is_last in _decoded(file, encoding):
        whole = rest + text
        held = whole.endswith("\r") and not is_last  # a line feed may follow
        place = 0
        for end in _END.finditer(whole, 0, len(whole) - held):
            number += 1
            line = whole[place : end.end()]
            place = end.end()
            if number % _WATCHED == 0:  # a short line may take long to read
                file.watch()
            if line.isspace():
                empty += 1
                if empty > MAX_EMPTY:
                    raise refused(f"More than {MAX_EMPTY:,} lines are empty.", number)
            yield line
        rest = whole[place:]
        if len(rest) > MAX_LINE:
            raise refused(f"Line {number + 1} is longer than {MAX_LINE} characters.", number + 1)
    if rest:
        yield rest


def _decoded(file: File, encoding: Encoding) -> Iterator[tuple[str, bool]]:
    """Chunks of the text, and whether each is the last."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    while True:
        content = file.read(_AT_ONCE)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(content, final=not content)
        except UnicodeError as error:  # not always a UnicodeDecodeError
            start = getattr(error, "start", 0)
            raise refused(_undecodable(file, encoding, offset - pending + start)) from None
        if "\x00" in text:
            place = offset - pending + len(text[: text.index("\x00")].encode(encoding))
            raise refused(f"The file holds a zero byte (U+0000) at byte {place}: it is not text.")
        yield (text.removeprefix("\ufeff") if offset == 0 else text), not content
        if not content:
            return
        offset += len(content)


def _undecodable(file: File, encoding: Encoding, place: int) -> str:
    if encoding is not Encoding.UTF_8:
        return f"The file is not {encoding}: at byte {place}."
    is_wide = encoding_of(file) is Encoding.UTF_16
    hint = "it seems to be UTF-16" if is_wide else "it may be of an older encoding such as Windows-1252"
    return f"The file is not UTF-8: at byte {place}; {hint}. Save it as UTF-8."
