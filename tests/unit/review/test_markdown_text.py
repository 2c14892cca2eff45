"""Foreign text in a comment stays text."""

from __future__ import annotations

from cks_components.review.markdown_text import escaped, fence, in_html


def test_markup_is_escaped_and_stays_on_its_line() -> None:
    assert escaped("a <b> [c]\n`d` *e* ~f~") == r"a \<b\> \[c\] \`d\` \*e\* \~f\~"


def test_a_name_in_foreign_text_calls_nobody_and_an_address_stays_as_it_is() -> None:
    assert escaped("@octocat (@acme/team) me@example.com @ 5") == (
        "@&#8203;octocat (@&#8203;acme/team) me@example.com @ 5"
    )


def test_a_title_is_html_and_on_one_line() -> None:
    assert in_html("a <b>\n& c") == "a &lt;b&gt; &amp; c"


def test_a_fence_is_longer_than_every_run_in_the_text() -> None:
    assert (fence("a"), fence("``` and ````")) == ("```", "`````")
