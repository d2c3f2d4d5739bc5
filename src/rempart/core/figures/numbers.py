"""What is remembered of every content and notice for good, in bits and small codes: millions fit in a few megabytes."""

from array import array


class Numbers:
    """A set of whole numbers from 0 on, one bit each."""

    __slots__ = ("_bits", "_count")

    def __init__(self, bits: bytes = b"") -> None:
        self._bits = bytearray(bits)
        self._count = int.from_bytes(bits, "little").bit_count()

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (number & 7) & 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and self.packed() == other.packed()

    __hash__ = None  # type: ignore[assignment]

    def add(self, number: int) -> bool:
        """Whether it was not in the set before."""
        if number in self:
            return False
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits) + (place >> 3)))
        self._bits[place] |= 1 << (number & 7)
        self._count += 1
        return True

    def discard(self, number: int) -> None:
        if number in self:
            self._bits[number >> 3] ^= 1 << (number & 7)
            self._count -= 1

    def packed(self) -> bytes:
        return bytes(self._bits).rstrip(b"\0")


class Words:
    """A word for each of many numbers; the first one said of a number stays."""

    __slots__ = ("_codes", "_known", "_words")

    def __init__(self, words: list[str] | None = None, codes: bytes = b"") -> None:
        self._words = list(words or [])
        self._known = {word: code for code, word in enumerate(self._words, start=1)}
        self._codes = array("I", codes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self.packed() == other.packed()

    __hash__ = None  # type: ignore[assignment]

    def get(self, number: int) -> str | None:
        code = self._codes[number] if number < len(self._codes) else 0
        return self._words[code - 1] if code else None

    def say(self, number: int, word: str) -> None:
        if number >= len(self._codes):
            self._codes.extend(array("I", bytes(4 * (number + 1 - len(self._codes) + (number >> 3)))))
        if self._codes[number]:
            return
        code = self._known.get(word)
        if code is None:
            self._words.append(word)
            code = self._known[word] = len(self._words)
        self._codes[number] = code

    def packed(self) -> tuple[list[str], bytes]:
        codes = self._codes[:]
        while codes and not codes[-1]:
            codes.pop()
        return self._words, codes.tobytes()
