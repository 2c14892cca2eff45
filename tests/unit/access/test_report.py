"""What is said about access, in a terminal, in a pipe and in a pull request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.access import json_report, markdown_report, text_report
from cks_components.access.difference import compare
from cks_components.access.grants import Access
from cks_components.access.quoted_text import Name, Phrase
from cks_components.access.report import Report, Table, of_access, of_deletion, of_difference

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

FOUR = {"clusters": [{"name": name} for name in ("a", "b", "c", "d")]}


def lines(access: Access, width: int | None = None) -> list[str]:
    return text_report.render(of_access("dev", access), width=width).splitlines()


def between(before: Access, after: Access) -> Report:
    return of_difference("dev", (Name("main"),), compare(before, after))


def summary(before: Access, after: Access) -> str:
    return text_report.render(between(before, after), width=None).splitlines()[0]


def test_columns_are_aligned_and_each_grant_is_one_line_in_a_pipe(stack: Stack) -> None:
    access = stack.access(
        stack.binding("cluster-admin", "root"),
        stack.binding("logs", users=["alice"], namespaces=["training", "evaluation"]),
    )

    assert lines(access) == [
        'Access by "dev": login with "https://idp.example.com" as client "cks"; users from the '
        'claim "email", groups from "groups".',
        "",
        "CLUSTER  WHO (NAME AT THE PROVIDER)  ROLE           WHERE                 BY",
        "east     Group okta:root (root)      cluster-admin  cluster wide          bindings[0]",
        "east     User alice                  logs           training, evaluation  bindings[1]",
        "",
        "cluster-admin: may do everything, and give every right to anybody; bound in a namespace, "
        "everything in that namespace",
        "logs: may do what the ClusterRole of this name allows on the cluster",
    ]


def test_a_terminal_wraps_between_words(stack: Stack) -> None:
    found = lines(stack.access(stack.binding("edit", "ml-engineers", namespaces=["a"])), 58)

    assert found[4:9] == [
        "CLUSTER  WHO (NAME AT THE         ROLE  WHERE  BY",
        "         PROVIDER)",
        "east     Group okta:ml-engineers  edit  a      bindings[0]",
        "         (ml-engineers)",
        "",
    ]
    assert found[9].startswith("edit: may change")
    assert found[10].startswith("  ")
    assert max(map(len, found)) <= 58


def test_a_terminal_that_is_too_narrow_breaks_words_and_no_further(stack: Stack) -> None:
    found = lines(stack.access(stack.binding("edit", "ml-engineers-of-the-east")), 20)

    assert "edit" in "\n".join(found)
    assert "engi" in "\n".join(found)


def test_many_clusters_that_are_all_the_same_are_one_row(stack: Stack) -> None:
    own = stack.access(
        stack.binding("view", "ml"),
        clusters=[*FOUR["clusters"], {"name": "e", "bindings": [stack.binding("edit", "ml")]}],
    )

    assert [line.split("  ")[0] for line in lines(own)[3:5]] == ["all 5 clusters", "e"]
    assert lines(stack.access(stack.binding("view", "ml"), clusters=FOUR["clusters"][:3]))[
        3
    ].startswith("a, b, c ")


def test_a_long_list_of_clusters_begins_with_their_number(stack: Stack) -> None:
    plain = [{"name": f"c{n}"} for n in range(11)]
    bound = [c | {"bindings": [stack.binding("view", "ml")]} for c in plain[:10]]

    found = between(stack.access(clusters=plain), stack.access(clusters=[*bound, plain[10]]))

    assert "10 clusters (c0, c1, c2, " in text_report.render(found, width=None)


def test_a_stack_that_grants_nothing_says_so(stack: Stack) -> None:
    (line,) = lines(stack.access())

    assert line.endswith("; no access is granted.")


def test_a_stack_without_a_provider_says_that_names_are_bound_as_written(stack: Stack) -> None:
    found = lines(stack.access(stack.binding("view", "x"), identity=None))

    assert "does not manage the clusters' login" in found[0]


def test_groups_that_no_log_in_carries_are_doubted(stack: Stack) -> None:
    found = lines(stack.identity(stack.binding("view", "x"), groupsClaim=None, usernameClaim=None))

    assert 'users from the claim "sub", no groups.' in found[0]
    assert found[2].startswith("! groupsClaim is not set")


def test_the_group_that_cks_binds_is_shown_with_what_is_not_known_of_it(stack: Stack) -> None:
    found = lines(stack.identity(adminGroupBinding="root"))

    assert found[2].startswith("! adminGroupBinding is bound by CKS")
    assert "Group root (adminGroupBinding)  cluster-admin  cluster wide" in found[5]


COUNTED: list[tuple[list[str], list[str], str]] = [
    (["a"], ["a"], "nobody gains or loses rights."),
    ([], ["a"], "1 subject gains rights on 1 cluster."),
    (["a", "b"], ["c"], "1 subject gains rights and 2 subjects lose rights on 1 cluster."),
    (["a"], [], "1 subject loses rights on 1 cluster."),
]


@pytest.mark.parametrize(("before", "after", "said"), COUNTED, ids=[c[2] for c in COUNTED])
def test_the_summary_counts_subjects(
    stack: Stack, before: list[str], after: list[str], said: str
) -> None:
    old, new = (stack.access(stack.binding("view", *names)) for names in (before, after))

    assert summary(old, new) == f'Access by "dev", compared with "main": {said}'


def test_the_summary_counts_clusters_and_names_a_new_provider(stack: Stack) -> None:
    before = stack.access(identity=None, **FOUR)

    said = summary(before, stack.access(stack.binding("view", "a"), **FOUR))

    assert said.endswith(
        ': 1 subject gains rights on 4 clusters; people log in with "https://idp.example.com" from '
        "now on."
    )


@pytest.mark.parametrize(
    ("leaves", "counted"),
    [
        ({"issuerUrl": "https://new.example.com"}, "1 change needs a second look"),
        (
            {"issuerUrl": "https://new.example.com", "clientId": "new"},
            "2 changes need a second look",
        ),
    ],
)
def test_a_summary_does_not_calm_while_something_below_it_needs_a_second_look(
    stack: Stack, leaves: dict[str, str], counted: str
) -> None:
    binding = stack.binding("view", "a")

    said = summary(stack.access(binding), stack.identity(binding, **leaves))

    assert said.endswith(f": no right is added or removed, but {counted}.")


def test_a_deleted_file_is_shown_with_everybody_who_has_access_by_it(stack: Stack) -> None:
    found = of_deletion("dev", (Name("main"),), stack.access(stack.binding("view", "a", "b")))
    nobody = of_deletion("dev", (Name("main"),), stack.access())

    shown = text_report.render(found, width=None)

    assert shown.split("\n\n")[:2] == [
        'Access by "dev", whose file is deleted, as of "main": 2 subjects have access by it to 1 '
        "cluster.",
        "Has access by the deleted file\n"
        "CLUSTER  WHO (NAME AT THE PROVIDER)  ROLE  WHERE         BY\n"
        "east     Group okta:a (a)            view  cluster wide  bindings[0]\n"
        "east     Group okta:b (b)            view  cluster wide  bindings[0]",
    ]
    assert nobody.summary == ("nobody has access by it to 1 cluster",)
    assert nobody.tables == ()


def test_a_difference_shows_gains_losses_and_other_names(stack: Stack) -> None:
    before = stack.identity(
        stack.binding("edit", "ml", namespaces=["a"]), stack.binding("view", "ops", "old")
    )
    after = stack.identity(
        stack.binding("edit", "ml", namespaces=["a", "b"]),
        stack.binding("admin", "ops", namespaces=["a"]),
        groupsPrefix="x:",
    )

    shown = text_report.render(between(before, after), width=None)

    assert shown.split("\n\n")[2:5] == [
        "Gains\n"
        "CLUSTER  WHO (NAME AT THE PROVIDER)  ROLE   WHERE  ALREADY HAD\n"
        "east     Group x:ml (ml)             edit   b      nothing\n"
        "east     Group x:ops (ops)           admin  a      view there",
        "Losses\n"
        "CLUSTER  WHO (NAME AT THE PROVIDER)  ROLE  WHERE         STILL HAS\n"
        "east     Group okta:old (old)        view  cluster wide  nothing\n"
        "east     Group okta:ops (ops)        view  cluster wide  view in a",
        "Renamed\n"
        "KIND   NAME AT THE PROVIDER  OLD SUBJECT  NEW SUBJECT\n"
        "Group  ml                    okta:ml      x:ml\n"
        "Group  ops                   okta:ops     x:ops",
    ]


def test_a_comment_has_a_marker_one_heading_the_flags_and_the_tables(stack: Stack) -> None:
    before = stack.access(
        stack.binding("edit", "ml"), stack.binding("logs", "ml"), stack.binding("view", "old")
    )
    after = stack.access(stack.binding("cluster-admin", "ml"))

    shown = markdown_report.render(between(before, after))

    assert shown.splitlines() == [
        "<!-- cks-access:dev -->",
        "## Access by `dev`, compared with `main`",
        "",
        "1 subject gains rights and 1 subject loses rights on 1 cluster; 1 change needs a second "
        "look.",
        "",
        "- ⚠️ `east`: Group `okta:ml` (`ml`) gets `cluster-admin` cluster wide",
        "",
        "**Gains**",
        "",
        "| cluster | who (name at the provider) | role | where | already had |",
        "|---|---|---|---|---|",
        "| `east` | Group `okta:ml` (`ml`) | `cluster-admin` | cluster wide | `edit` there; `logs` "
        "there |",
        "",
        "**Losses**",
        "",
        "| cluster | who (name at the provider) | role | where | still has |",
        "|---|---|---|---|---|",
        "| `east` | Group `okta:old` (`old`) | `view` | cluster wide | nothing |",
        "",
        "**Roles**",
        "",
        "- `cluster-admin`: may do everything, and give every right to anybody; bound in a "
        "namespace, everything in that namespace",
        "- `view`: may read most things in a namespace, and the namespaces themselves; not "
        "Secrets, roles, bindings, nodes or persistent volumes",
    ]


def test_a_comment_without_a_difference_is_short(stack: Stack) -> None:
    shown = markdown_report.render(between(stack.access(), stack.access()))

    assert shown.splitlines()[2:] == ["", "Nobody gains or loses rights."]


def test_the_access_itself_is_a_comment_too(stack: Stack) -> None:
    shown = markdown_report.render(of_access("dev", stack.access(stack.binding("view", "ml"))))

    assert shown.splitlines()[1] == "## Access by `dev`"
    assert shown.splitlines()[5:8] == [
        "| cluster | who (name at the provider) | role | where | by |",
        "|---|---|---|---|---|",
        "| `east` | Group `okta:ml` (`ml`) | `view` | cluster wide | bindings[0] |",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("@everyone #1 **b**", "`@everyone #1 **b**`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a\\|b", "<code>a&#92;&#124;b</code>"),
        ("a`<b>", "<code>a&#96;&#60;b&#62;</code>"),
        (" a", "<code>&#32;a</code>"),
        ("", "<code></code>"),
        ("a\n| x", "<code>a&#92;n&#124;&#32;x</code>"),
    ],
    ids=["markup", "pipe", "escaped pipe", "backtick", "space", "empty", "line break"],
)
def test_a_name_is_never_markup(name: str, shown: str) -> None:
    report = Report("dev", (Name(name),), ("x",), (), (), ())

    assert markdown_report.render(report).splitlines()[1] == f"## {shown}"


def test_a_name_that_would_move_the_cursor_or_turn_the_writing_is_shown_escaped() -> None:
    report = Report("dev", (Name("a\x1b[2K\u202eb\U000e0061é"),), ("x",), (), (), ())

    assert text_report.render(report, width=None) == '"a\\x1b[2K\\u202eb\\U000e0061é": x.'


def test_a_marker_cannot_be_ended_by_a_stacks_name() -> None:
    report = Report("a --> b", ("t",), ("s",), (), (), ())

    assert markdown_report.render(report).splitlines()[0] == "<!-- cks-access:a-----b -->"


def test_a_comment_that_is_too_long_is_cut_between_rows_and_says_so() -> None:
    rows: tuple[tuple[Phrase, ...], ...] = (((Name("x" * 500),),),) * 200
    report = Report("dev", ("t",), ("s",), (), (Table("T", ("a",), rows),), ())

    shown = markdown_report.render(report)

    assert len(shown) <= markdown_report.LIMIT
    assert shown.splitlines()[-1].startswith("**Cut here**")
    assert shown.splitlines()[-2] == ""
    assert shown.splitlines()[-3] == f"| `{'x' * 500}` |"
    assert len(shown) > markdown_report.LIMIT - 700


def test_a_comment_that_just_fits_is_whole() -> None:
    report = Report("dev", ("t",), ("s",), (), (), ())
    rest = markdown_report.LIMIT - len(markdown_report.render(report))

    full = markdown_report.render(replace(report, title=("t" * (rest + 1),)))

    assert len(full) == markdown_report.LIMIT
    assert full.endswith("S.")


def test_a_program_reads_grants_with_the_keys_of_the_stack_file(stack: Stack) -> None:
    access = stack.identity(stack.binding("edit", "ml", namespaces=["a"]), adminGroupBinding="root")

    assert json_report.of_access("dev", access) == {
        "stack": "dev",
        "grants": [
            {
                "cluster": "east",
                "kind": "Group",
                "subject": "root",
                "name": "root",
                "boundBy": "adminGroupBinding",
                "clusterRole": "cluster-admin",
                "namespaces": "*",
                "source": "identity.adminGroupBinding",
            },
            {
                "cluster": "east",
                "kind": "Group",
                "subject": "okta:ml",
                "name": "ml",
                "boundBy": "binding",
                "clusterRole": "edit",
                "namespaces": ["a"],
                "source": "bindings[0]",
            },
        ],
        "roles": {
            "cluster-admin": {
                "gives": "may do everything, and give every right to anybody; "
                "bound in a namespace, everything in that namespace",
                "withholds": "",
            },
            "edit": {
                "gives": "may change most things in a namespace, read its Secrets, and create "
                "tokens for any of its service accounts",
                "withholds": "roles, bindings or nodes",
            },
        },
    }


def test_a_program_reads_a_whole_difference(stack: Stack) -> None:
    before = stack.identity(stack.binding("edit", "ml"))
    after = stack.identity(stack.binding("edit", "ml", namespaces=["a"]), groupsPrefix="x:")

    found: dict[str, Any] = json_report.of_difference("dev", "main", compare(before, after))

    assert json.loads(json.dumps(found)) == found
    assert [flag["flag"] for flag in found["flags"]] == ["log-in-changed", "names-changed"]
    assert found["gains"] == []
    (loss,) = found["losses"]
    assert (loss["subject"], loss["namespaces"]) == ("okta:ml", "*")
    assert loss["keeps"] == [{"clusterRole": "edit", "namespaces": ["a"]}]
    assert found["renamed"] == [
        {"kind": "Group", "name": "ml", "before": "okta:ml", "after": "x:ml"}
    ]
    assert found["logIn"] == [{"leaf": "groupsPrefix", "before": "okta:", "after": "x:"}]
    assert found["clusters"] == {"added": [], "removed": []}
    assert set(found["roles"]) == {"edit"}


def test_a_program_reads_what_a_gain_adds_to(stack: Stack) -> None:
    difference = compare(
        stack.access(stack.binding("view", "ml")), stack.access(stack.binding("edit", "ml"))
    )

    (gain,) = json_report.of_difference("dev", "main", difference)["gains"]

    assert gain["had"] == [{"clusterRole": "view", "namespaces": "*"}]
