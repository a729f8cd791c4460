"""HTML of a CRM's editor as text, and text as such HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formats.rich_text import is_markup, to_html, to_text

READ = [
    ("<p>Agenda:<br>1. Intro<br>2. Plan</p>", "Agenda:\n1. Intro\n2. Plan"),
    ('<p>Since 2019 – "A"; 100 % &amp; more.</p>', 'Since 2019 – "A"; 100 % & more.'),
    ("<p>one</p><p>two</p>", "one\n\ntwo"),
    ("<p>one<br></p><p>two</p>", "one\n\ntwo"),
    ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
    ("<h1>Head</h1>text <b>bo</b>ld\n  and <i> more</i>", "Head\n\ntext bold and more"),
    ("<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>end", "- a\n- b\n  1. c\n  2. d\nend"),
    ('see <a href="https://x.example/?a=1&amp;b=2">this</a>, please', "see this <https://x.example/?a=1&b=2>, please"),
    ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
    ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
    ('<a href="#top">up</a> <a href="/page">page</a>', "up page"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ("<pre>if x:\n    y</pre>", "if x:\n    y"),
    ("<style>p { color: red }</style><script>x()</script><!-- no --><p>seen</p>", "seen"),
    ('<img src="x.png" alt="Our logo"> here', "Our logo here"),
    ("a &nbsp;b", "a  b"),
    ("<p><br></p>", ""),
    ("plain\n  as it is, 1 < 2 & 3 > 2\n", "plain\n  as it is, 1 < 2 & 3 > 2"),
    ("Anna <anna@crm.example>", "Anna <anna@crm.example>"),
    ("<p>never <b>closed", "never closed"),
    ("</p></div>only ends</b>", "only ends"),
    ("&lt;b&gt; is bold", "<b> is bold"),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "text"), READ)
def test_html_reads_as_lines(markup: str, text: str) -> None:
    assert to_text(markup) == text


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("1 < 2 & \"3\"", '<p>1 &lt; 2 &amp; "3"</p>'),
        ("a  b\n c", "<p>a \xa0b<br>\xa0c</p>"),
        ("at https://x.example/a?b=1&c=2.", '<p>at <a href="https://x.example/a?b=1&amp;c=2">https://x.example/a?b=1&amp;c=2</a>.</p>'),
        ("", ""),
        (" \n ", ""),
    ],
)  # fmt: skip
def test_text_becomes_paragraphs_lines_and_links(text: str, markup: str) -> None:
    assert to_html(text) == markup


LINES = st.lists(
    st.text(st.sampled_from(" \t\xa0<>&;\"'ab–日/:.") | st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
    | st.sampled_from(["", "<b>", "&amp;", "https://x.example/a", "- x", "  y", "<https://x.example>", "<!-- x -->"]),
    max_size=8,
)  # fmt: skip


@given(LINES)
def test_what_is_written_reads_as_it_was(lines: list[str]) -> None:
    text = "\n".join(lines)
    # Tabs and hard blanks are blanks to whoever reads; what ends a line is not seen.
    seen = "\n".join(line.replace("\t", "    ").replace("\xa0", " ").rstrip() for line in lines).strip()
    if is_markup(text) or seen:
        assert to_text(to_html(text)) == seen.replace("\ufffe", " ").replace("\uffff", " ")


@given(st.text(st.sampled_from("<>/&;!- pbrdivlaunkhef=\"'\n\t\xa0ä日") | st.characters(), max_size=200))
def test_no_markup_is_too_odd_to_be_read_and_what_was_read_is_read_again(markup: str) -> None:
    text = to_text(markup)
    assert to_text(to_html(text)) == text


def test_deep_and_long_markup_is_read_at_once() -> None:
    assert to_text("<div>" * 50_000 + "x" + "</div>" * 50_000) == "x"
    assert to_text("<p>a</p>" * 20_000).count("a") == 20_000
