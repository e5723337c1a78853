"""Palindromes: texts that read the same in both directions."""


def normalise(text: str) -> str:
    """Keep the letters and digits of a text, in one case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def is_palindrome(text: str) -> bool:
    """Tell whether a text reads the same backwards.

    Case, spaces and punctuation do not count; an empty text is a palindrome.
    """
    letters = normalise(text)
    return letters == letters[::-1]


def longest_palindrome(text: str) -> str:
    """Find the longest part of a text that is a palindrome, letter for letter.

    Of several equally long ones the first is returned.
    """
    best = ""
    for centre in range(len(text)):
        for right in (centre, centre + 1):
            found = _widest(text, centre, right)
            if len(found) > len(best):
                best = found
    return best


def _widest(text: str, left: int, right: int) -> str:
    while left >= 0 and right < len(text) and text[left] == text[right]:
        left -= 1
        right += 1
    return text[left + 1 : right]
