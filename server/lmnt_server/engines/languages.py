"""Finding out the language of a text: by its script, and for the Latin script by its commonest words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

DEFAULT: Final = "en"
"""The language of a text that tells nothing about its own."""

_SCRIPTS: Final = (
    # Kana and Hangul come before Han: a Japanese or Korean text holds Han characters too, a Chinese one no kana.
    ("ja", "\u3040-\u30ff"),
    ("ko", "\uac00-\ud7a3\u1100-\u11ff"),
    ("zh", "\u4e00-\u9fff\u3400-\u4dbf"),
    # Letters that Ukrainian has and Russian has not, and Urdu and not Arabic, Assamese and not Bengali.
    ("uk", "іїєґІЇЄҐ"),
    ("ru", "\u0400-\u04ff"),
    ("ur", "ٹڈڑںےھہ"),
    ("ar", "\u0600-\u06ff"),
    ("as", "ৰৱ"),
    ("bn", "\u0980-\u09ff"),
    ("hi", "\u0900-\u097f"),
    ("ta", "\u0b80-\u0bff"),
    ("te", "\u0c00-\u0c7f"),
    ("ml", "\u0d00-\u0d7f"),
    ("th", "\u0e00-\u0e7f"),
)

_WORDS: Final[Mapping[str, str]] = {
    "en": "the and of to in is you that it he was for on are with his they this have from not what we can",
    "de": "der die das und ist nicht ich ein eine zu mit den dem sie es wir für auf von im auch sich wie",
    "fr": "le la les et est un une des du je vous nous pas que qui dans pour sur il elle ce avec c'est bonjour",
    "es": "el la los las y es un una de que en no por con para su se lo como más está yo qué hola",
    "it": "il la lo gli e è un una di che non per con sono mi si ma come della questo anche ciao",
    "pt": "o a os as e é um uma de que não em por com para se do da eu você mais como olá está",
    "nl": "de het een en is niet ik van dat je op te zijn met voor er hij aan wij ook maar",
    "da": "og er det en et at på ikke jeg af til den med som der han vi har hvad",
    "sv": "och är det en ett att på inte jag av till den med som för han vi har vad",
    "fi": "ja on ei se että hän en oli mutta minä sinä tämä kun niin mitä ovat kuin",
    "pl": "i jest nie w na się że do to z jak co ja tak ale dla czy był ma po",
    "cs": "a je se na v že to s z do ale jak co já být není jsem jsou tak pro",
    "sk": "a je sa na v že to s z do ale ako čo ja byť nie som sú tak pre",
    "tr": "ve bir bu da de için ne ben sen o çok mi var ama değil gibi daha merhaba",
    "id": "dan yang di ini itu dengan untuk tidak dari saya kamu ada akan ke pada adalah",
    "vi": "và là của có không tôi bạn một những cho được trong này người với các đã",
}

_LANGUAGES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}

_PATTERNS: Final = tuple((language, re.compile(f"[{letters}]")) for language, letters in _SCRIPTS)
_MARATHI: Final = re.compile(r"(?<!\w)(आहे|आहेत|आणि|मी|नाही|हा|ही|हे)(?!\w)")
_LATIN_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def detect(text: str) -> str:
    """Return the likeliest language of a text, as an ISO 639-1 code."""
    for language, pattern in _PATTERNS:
        if pattern.search(text):
            # Hindi and Marathi share all of their letters; these words are Marathi alone.
            return "mr" if language == "hi" and _MARATHI.search(text) else language
    votes = Counter(language for word in _LATIN_WORD.findall(text.lower()) for language in _LANGUAGES_OF.get(word, ()))
    if not votes or votes[DEFAULT] == max(votes.values()):
        return DEFAULT
    return max(_WORDS, key=votes.__getitem__)
