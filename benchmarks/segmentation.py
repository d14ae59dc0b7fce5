"""How well libraries find the ends of sentences, beside the rule of `lmnt.long_texts.splitting`.

In an environment of its own, with this checkout in the path:

    pip install sentencex==1.0.32 nupunkt==0.8.0 icu4py==1.2.0 uniseg==0.10.1 pysbd==0.3.4 attrs
    PYTHONPATH=.:generated python benchmarks/segmentation.py

A library that is not installed is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeAlias

from tests.long_texts.sentences import SENTENCES

from lmnt.long_texts import splitting

Segment: TypeAlias = Callable[[str, str], Sequence[str] | None]
"""Makes sentences of a text and its language; None for a language that it does not know."""


def _pieces(text: str, ends: Sequence[int]) -> list[str]:
    return [text[start:stop] for start, stop in zip([0, *ends], [*ends, len(text)], strict=True) if stop > start]


def _own(text: str, _: str) -> Sequence[str]:
    splitter = splitting.Splitter(text, len(text), len(text))
    places = (found.end() for found in splitting._SENTENCE.finditer(text))
    return _pieces(text, [place for place in places if splitter._is_end(splitting._SENTENCE, 0, place)])


def _icu(module: Any, abbreviations: str) -> Segment:
    def segment(text: str, language: str) -> Sequence[str]:
        spans = module.SentenceBreaker(text, language + abbreviations).segments()
        return [text[start:stop] for start, stop in spans]

    return segment


def _pysbd(module: Any) -> Segment:
    def segment(text: str, language: str) -> Sequence[str] | None:
        try:
            return list(module.Segmenter(language=language, clean=False).segment(text))
        except ValueError:
            return None

    return segment


LIBRARIES: Mapping[str, tuple[str, Callable[[Any], Segment]]] = {
    "sentencex": ("sentencex", lambda module: lambda text, language: list(module.segment(language, text))),
    "nupunkt": ("nupunkt", lambda module: lambda text, _: [text[a:b] for a, b in module.sent_spans(text)]),
    "ICU, with abbreviations": ("icu4py.breakers", lambda module: _icu(module, "@ss=standard")),
    "ICU": ("icu4py.breakers", lambda module: _icu(module, "")),
    "uniseg": ("uniseg.sentencebreak", lambda module: lambda text, _: list(module.sentences(text))),
    "pysbd": ("pysbd", _pysbd),
}


def _segmenters() -> Iterator[tuple[str, Segment]]:
    yield "the rule of lmnt", _own
    for name, (module, segmenter) in LIBRARIES.items():
        try:
            found = import_module(module)
        except ImportError:
            continue
        yield name, segmenter(found)


def _ends(text: str, sentences: Sequence[str]) -> set[int]:
    """Where sentences end in a text, without the white space between them, and without the end of the text."""
    found, at = set[int](), 0
    for sentence in sentences:
        begin = text.find(sentence.strip(), at)
        if begin >= 0:
            at = begin + len(sentence.strip())
            found.add(at)
    return found - {len(text.rstrip())}


def main() -> None:
    """Print the table."""
    print(f"{'':24} languages  the text again  ends found  missed  ends that are none")
    for name, segment in _segmenters():
        known = exact = right = missed = wrong = 0
        for language, sentences in SENTENCES.items():
            text = "".join(sentences)
            found = segment(text, language)
            if found is None:
                continue
            known += 1
            exact += "".join(found) == text
            ends, true = _ends(text, found), _ends(text, sentences)
            right, missed, wrong = right + len(ends & true), missed + len(true - ends), wrong + len(ends - true)
        print(f"{name:24} {known:9}  {exact:14}  {right:10}  {missed:6}  {wrong:18}")


if __name__ == "__main__":
    main()
