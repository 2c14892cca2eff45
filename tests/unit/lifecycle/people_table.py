"""What people do to a stack, and what happens; each row names the test on the real engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One ordinary action.

    Attributes:
        action: what somebody does.
        happens: what becomes of the cluster and of the state.
        test: where it is run: in tests/engine/test_what_people_do.py, or in
            tests/lab/test_*_pipelines.py.
    """

    action: str
    happens: str
    test: str


_RENAMES = "test_a_cluster_may_get_another_name_be_pinned_and_change_its_place"
_REPLACED = "test_a_replacement_takes_nothing_away_and_inherits_what_was_there_before"
_NAMESPACE = "test_a_namespace_outlives_its_maker_and_whoever_lives_in_it"
_SECOND = "test_a_second_stack_is_noticed"
ROWS = (
    Row(
        "gives a cluster an alias, changes or swaps aliases, pins it (`name` becomes `id`), writes "
        "its id in capitals, or changes the order of clusters",
        "the preview says “renamed”; nothing is sent, nothing is made or deleted; what was there "
        "before is kept",
        _RENAMES,
    ),
    Row("renames a cluster that has a webhook", "the same", _RENAMES),
    Row(
        "`pulumi up --replace`, or `pulumi state taint` and `up`, also on another machine",
        "nothing is sent: the new resource inherits what was there before, and the delete of the "
        "old one leaves the block to it",
        _REPLACED,
    ),
    Row(
        "kills such a replacement before its delete, and runs `up` on another machine",
        "the same",
        "test_a_replacement_that_was_killed_before_its_delete_takes_nothing_away",
    ),
    Row(
        "points a second stack at the cluster, with other values and without `adopt`",
        "refused, with the name of the first stack where both ran on one machine",
        _SECOND,
    ),
    Row(
        "points a second stack at the cluster, with equal values",
        "a warning names both ways to move a cluster (`pulumi state move`, or `onDelete: retain` in "
        "the first); nothing is sent",
        _SECOND,
    ),
    Row(
        "destroys the first of two such stacks",
        "on the machine where the second ran, the block stays and a warning names it; on another "
        "machine it cannot be known, and the block goes",
        _SECOND,
    ),
    Row(
        "renames a stack, or moves its resources to another (`pulumi state move`)",
        "they stay its own: what was there before comes back on `destroy`",
        "test_a_stack_that_was_renamed_is_no_second_owner",
    ),
    Row(
        "runs `up` after a `destroy` that timed out after its PATCH",
        "the block is set again; on another machine run `pulumi refresh` first",
        "test_a_destroy_that_timed_out_after_its_write_is_known_to_the_next_up",
    ),
    Row(
        "reverts the stack file after a change that timed out after its PATCH, and runs `up`, also "
        "on another machine",
        "the block is reverted",
        "test_a_change_that_timed_out_after_its_write_is_undone_by_reverting_the_file",
    ),
    Row(
        "runs `destroy` after a create that timed out after its PATCH",
        "what was there before comes back",
        "test_a_create_that_timed_out_after_its_write_is_undone_by_destroy",
    ),
    Row(
        "renames a cluster after a create that was killed after its PATCH",
        "`up` completes it, and `destroy` takes it away",
        "test_a_rename_that_an_interruption_preceded_loses_nothing",
    ),
    Row(
        "writes `onDelete: retain` and destroys without an `up` in between",
        "the policy of the last `up` applies, and the destroy says so before it writes",
        "test_a_destroy_says_which_policy_it_applies",
    ),
    Row(
        "pins an `id` with the `endpoint` of another cluster",
        "every `up` refuses, before anything is sent",
        "test_a_pinned_endpoint_of_another_cluster_stops_every_update",
    ),
    Row(
        "runs `up --refresh` over somebody else's change",
        "it is overwritten, as the preview shows it, and stays in the log",
        "test_a_foreign_change_that_up_refresh_overwrites_stays_in_the_log",
    ),
    Row(
        "renames a cluster that has pipelines, also together with the upgrade from 0.1.0",
        "accounts, bindings and tokens stay; nothing is made or deleted",
        "test_a_cluster_of_0_1_with_pipelines_gets_another_name_and_nothing_happens",
    ),
    Row(
        "takes `createNamespace` out, or the pipeline that made a namespace in which another lives",
        "the namespace and whoever is in it stay; without anybody in it, it stays on the cluster "
        "and that is said; together with the upgrade from 0.1.0 it is refused once",
        _NAMESPACE,
    ),
    Row(
        "writes `createNamespace` for a namespace that is there already",
        "it is used as it is, which is said, and never deleted",
        _NAMESPACE,
    ),
    Row(
        "takes out, or destroys, a pipeline with `deleteNamespace: true`",
        "the namespace is deleted if nothing is in it; otherwise that is refused, with the names of "
        "what is in it, and nothing of it is lost",
        "test_a_namespace_is_deleted_when_told_and_only_when_nothing_is_in_it",
    ),
    Row(
        "upgrades from 0.1.0 and swaps, renames and pins clusters in the same step",
        "nothing is sent, nothing is made or deleted",
        "test_a_state_of_0_1_survives_an_upgrade_with_a_rename_in_one_step",
    ),
    Row(
        "the same, and the update ends half way, or `--target` names one resource",
        "the next `up` completes it; nothing is made or deleted",
        "test_an_upgrade_of_0_1_with_new_names_may_end_half_way",
    ),
)
