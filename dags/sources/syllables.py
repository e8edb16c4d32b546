"""Vietnamese words: whether a text is spelt as a syllable can be, and one spelling for each place of the tone mark."""

import re
import unicodedata
from functools import lru_cache

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_STOPPED = frozenset("\u0301\u0323")
"""The two tones that a syllable which ends in c, ch, p or t can bear."""
_SPELT_ONSETS = "ngh ng nh gh gi kh ch ph th tr qu b c d đ g h k l m n p r s t v x"
_ONSETS = _SPELT_ONSETS.split()
_SPELT_RIMES = """a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu êng
    i ia ich im in inh ip it iu iê iêc iêm iên iêng iêp iêt iêu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oă oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uân uâng uât uây uc uê uêch uên uênh ui um un ung uô uôc uôi uôm uôn uông uôt up ut uơ uy uya uych uynh uyn uyt uyu
    uyên uyêt ư ưa ưc ưi ưm ưn ưng ưt ưu ươ ươc ươi ươm ươn ương ươp ươt ươu
    y yên yêng yêt yêu yêm"""
_RIMES = frozenset(_SPELT_RIMES.split())
_WORD = re.compile(rf"[^\W\d_][\w{_TONES}\u0302\u0306\u031b]*")
_SYLLABLES = 20_000


@lru_cache(_SYLLABLES)
def is_syllable(word: str) -> bool:
    """Whether ``word`` (in NFC or NFD, any case) is spelt as a Vietnamese syllable can be.

    >>> [is_syllable(word) for word in ("Nguyễn", "hoà", "hòa", "QUÝ", "Tµi", "Nguyeãn")]
    [True, True, True, True, False, False]
    """
    plain, tone = _apart(word.casefold())
    if len(tone) > 1:
        return False
    for onset in (*_ONSETS, ""):
        if plain.startswith(onset):
            rime = plain[len(onset) :]
            if rime in _RIMES or (onset in ("gi", "qu") and onset[1] + rime in _RIMES):
                return not rime.endswith(("c", "ch", "p", "t")) or tone in _STOPPED
    return False


@lru_cache(_SYLLABLES)
def one_spelling(text: str) -> str:
    """``text`` with the tone of each word after its last letter: equal for texts that place tone marks differently.

    >>> one_spelling("Hoà Bình") == one_spelling("Hòa Bình"), one_spelling("Hoà") == one_spelling("Hoá")
    (True, False)
    """
    return (
        text
        if text.isascii()
        else _WORD.sub(lambda found: "".join(_apart(found[0])), unicodedata.normalize("NFD", text))
    )


def _apart(word: str) -> tuple[str, str]:
    """The word in NFC without its tones, and these."""
    letters = unicodedata.normalize("NFD", word)
    tones = "".join(letter for letter in letters if letter in _TONES)
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONES)), tones
