import pytest

from markdown_html import inline_to_html, markdown_to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("a **bold** word", "a <strong>bold</strong> word"),
        ("an *italic* word", "an <em>italic</em> word"),
        ("`a < b`", "<code>a &lt; b</code>"),
        ("`**x**`", "<code>**x**</code>"),
        ("[site](https://example.org)", '<a href="https://example.org">site</a>'),
        ("[top](#top)!", '<a href="#top">top</a>!'),
        ("2 * 3 ** 4", "2 * 3 ** 4"),
    ],
)
def test_inline_marks_are_converted(text: str, html: str) -> None:
    assert inline_to_html(text) == html


def test_html_in_the_text_is_escaped() -> None:
    assert markdown_to_html('<script>"x"</script>') == (
        "<p>&lt;script&gt;&quot;x&quot;&lt;/script&gt;</p>"
    )


@pytest.mark.parametrize("url", ["javascript:alert", "data:text/html,x", "file:///x"])
def test_unsafe_links_stay_text(url: str) -> None:
    assert inline_to_html(f"[x]({url})") == f"[x]({url})"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Title", "<h1>Title</h1>"),
        ("### A *b*", "<h3>A <em>b</em></h3>"),
        ("####### seven", "<p>####### seven</p>"),
        ("#hash", "<p>#hash</p>"),
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("- a\n* **b**", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("- a\n1. b", "<ul><li>a</li></ul>\n<ol><li>b</li></ol>"),
        ("# A\n# B", "<h1>A</h1>\n<h1>B</h1>"),
    ],
)
def test_blocks_are_converted(text: str, html: str) -> None:
    assert markdown_to_html(text) == html


def test_a_code_block_is_kept_as_it_is() -> None:
    text = "```python\nif a < b:\n\n    **x**\n```\nafter"
    assert markdown_to_html(text) == (
        "<pre><code>if a &lt; b:\n\n    **x**</code></pre>\n<p>after</p>"
    )


def test_an_open_code_block_runs_to_the_end() -> None:
    assert markdown_to_html("```\n# x") == "<pre><code># x</code></pre>"


def test_an_empty_text_gives_nothing() -> None:
    assert markdown_to_html(" \n\n") == ""
    assert markdown_to_html("a\n") == "<p>a</p>"
