"""What the browser without a window reads in a log-in page."""

from __future__ import annotations

from lab.browser import Form, password_form

SEARCH = (
    '<form action="/search"><input type="hidden" name="lang" value="en"><input name="q"></form>'
)
LOGIN = """
<form id="kc-form-login" action="https://idp.example.com/auth?code=a&amp;tab=b" method="post">
  <input id="username" name="username" type="text" autofocus>
  <input id="password" name="password" type="password"/>
  <input type="hidden" name="credentialId"/>
</form>
"""


def test_the_form_with_a_password_is_found_among_others() -> None:
    form = password_form(f"<html><body>{SEARCH}{LOGIN}{SEARCH}</body></html>")

    assert form == Form("https://idp.example.com/auth?code=a&tab=b", {"credentialId": ""})


def test_a_page_that_asks_for_no_password_has_no_such_form() -> None:
    assert password_form(f"<html>{SEARCH}<p>Authenticated</p></html>") is None
