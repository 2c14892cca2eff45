"""The text of a kubeconfig lies in states, so it must not depend on the machine."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from cks_components.kubernetes.kubeconfig import build_kubeconfig

_TEXTS = st.one_of(st.text(max_size=60), st.text(" '\"\n:#-|>%@`{}[]&*!,?=~\ta", max_size=40))


@given(_TEXTS, _TEXTS)
def test_the_text_is_that_of_pyyaml_without_its_library_in_c(name: str, value: str) -> None:
    text = build_kubeconfig(
        name, server="https://a.example", user=name, credential={"exec": {"args": [value, "-v"]}}
    )

    read = yaml.safe_load(text)
    assert read["users"][0]["user"]["exec"]["args"] == [value, "-v"]
    assert yaml.safe_dump(read, sort_keys=False, width=1000) == text
