//! The list of all cases: as data, and as one test each.

use crate::suite::case::Case;
use crate::suite::fixture::Fixture;

/// Hands the list of all cases to the rule of [`__conformance_rules`] that is named first.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    ($rule:ident $arguments:tt) => {
        $crate::__conformance_rules! { $rule $arguments
            async b1 {
                b1_write_appends_all_parts_contiguously,
                b1_empty_parts_are_passed_over,
                b1_a_write_of_nothing_changes_nothing,
                b1_more_than_1024_parts_are_one_write,
                b1_a_huge_part_is_written_whole,
                b1_parts_of_random_shapes_are_contiguous,
                b1_write_returns_the_length_from_before,
            }
            async b2 {
                b2_write_does_not_move_the_read_cursor,
                b2_a_write_between_two_reads_is_not_noticed,
                b2_seek_and_read_do_not_move_the_end,
                b2_each_reader_has_a_cursor_of_its_own,
                b2_end_does_not_move_the_cursor,
            }
            async b3 {
                b3_a_write_is_read_at_once_on_the_same_backend,
                b3_a_reader_made_afterwards_sees_what_was_written,
                b3_a_reader_begins_at_offset_0,
                b3_a_reader_made_earlier_sees_every_write_that_returned,
                b3_a_reader_sees_what_is_durable_and_what_is_not,
                b3_a_reader_at_the_end_continues_when_more_is_written,
                b3_a_reader_continues_after_close_and_drop,
                b3_after_a_truncate_an_earlier_reader_is_good_below_the_cut,
                b3_after_a_truncate_an_earlier_reader_never_sees_the_cut_bytes,
                b3_a_reader_made_after_a_truncate_sees_the_new_bytes,
            }
            async b3_ended {
                b3_a_reader_ends_at_the_durable_length_after_a_close,
                b3_a_reader_ends_at_the_durable_length_after_a_drop,
                b3_a_reader_never_sees_the_bytes_of_the_next_writer,
            }
            threads b3_threads {
                b3_a_reader_on_another_thread_sees_a_prefix,
            }
            async b4 {
                b4_read_returns_0_only_at_the_end_or_for_an_empty_buffer,
                b4_every_range_reads_the_same,
                b4_at_or_past_the_end_read_returns_0,
                b4_next_data_passes_over_nothing_but_zeros,
                b4_a_boundary_is_where_a_write_began,
            }
            async b5 {
                b5_seek_takes_any_u64,
                b5_a_write_after_a_seek_past_the_end_leaves_no_hole,
            }
            async b6 {
                b6_checkpoint_returns_what_is_durable,
                b6_checkpoint_discards_nothing,
                b6_durable_len_never_passes_the_length_nor_goes_back,
                b6_what_was_checkpointed_is_there_after_a_reopen,
                b6_what_was_checkpointed_survives_a_crash,
                b6_the_last_of_many_checkpoints_counts,
                b6_closing_keeps_what_was_checkpointed,
            }
            async b6_under_way {
                b6_writes_and_reads_continue_while_a_checkpoint_is_under_way,
                b6_what_is_written_meanwhile_is_not_lost_by_a_crash_of_what_was_promised,
                b6_two_under_way_resolve_in_any_order_of_polls,
                b6_the_next_one_covers_those_that_were_dropped,
                b6_close_drives_what_is_under_way,
                b6_truncate_drives_what_is_under_way,
                b6_the_outcome_agrees_with_the_durable_length_after_a_drop,
                b6_a_note_that_is_too_long_changes_nothing,
            }
            async b7 {
                b7_opening_counts_nothing_as_durable_that_a_crash_takes,
                b7_after_a_failed_write_the_length_is_what_it_was_or_it_is_poisoned,
                b7_a_write_whose_answer_is_lost_is_there_once_or_not_at_all,
                b7_a_failed_checkpoint_poisons,
                b7_a_checkpoint_whose_answer_is_lost_kept_its_promise_or_poisons,
                b7_a_second_checkpoint_after_a_failed_one_does_not_report_success,
                b7_none_under_way_succeeds_after_an_earlier_one_failed,
                b7_poison_names_its_cause,
                b7_a_failed_truncate_poisons,
                b7_a_truncate_whose_answer_is_lost_cut_or_poisons,
                b7_poison_ends_when_the_log_is_opened_again,
                b7_a_poisoned_backend_still_reads_what_was_durable,
                b7_after_a_failed_read_the_cursor_stays_and_reading_continues,
            }
            async b8 {
                b8_truncate_cuts_at_every_boundary,
                b8_the_cut_is_there_after_a_reopen,
                b8_the_cut_survives_a_crash,
                b8_a_cut_makes_what_is_left_durable,
                b8_the_cut_bytes_never_come_back,
                b8_the_cut_bytes_do_not_come_back_by_a_crash,
                b8_truncate_past_the_end_is_refused_and_changes_nothing,
                b8_a_write_after_a_cut_begins_at_the_cut,
            }
            async b9 {
                b9_a_dropped_write_leaves_all_or_nothing,
                b9_a_dropped_checkpoint_loses_nothing,
                b9_the_checkpoint_after_a_dropped_one_survives_a_crash,
                b9_the_call_after_a_dropped_checkpoint_hears_of_its_failure,
                b9_after_a_dropped_seek_or_read_the_log_is_as_it_was,
                b9_a_dropped_truncate_leaves_the_old_length_or_the_new_one,
                b9_calls_dropped_at_random_lose_nothing,
            }
            async b10 {
                b10_a_second_writer_is_refused_at_once,
                b10_the_lock_is_gone_when_close_returns,
                b10_the_lock_is_gone_when_the_backend_is_dropped,
                b10_the_lock_is_gone_while_readers_live,
                b10_the_last_reader_gives_the_lock_back,
                b10_after_close_every_call_fails_with_closed,
                b10_a_second_close_is_no_error,
            }
            async b10_outlived {
                b10_a_checkpoint_that_outlives_its_backend_changes_nothing,
                b10_the_lock_is_gone_after_a_close_that_fails,
            }
            async b10_takeover {
                b10_a_takeover_at_any_await_point_keeps_what_was_acknowledged,
                b10_a_truncate_that_is_taken_over_cuts_nothing_of_the_second_writer,
                b10_a_second_writer_fences_the_first_off,
                b10_what_was_durable_before_a_fence_resolves_to_ok,
                b3_a_reader_of_a_fenced_writer_ends_at_its_durable_length,
            }
            async b11 {
                b11_a_crash_keeps_the_durable_prefix_exactly,
                b11_durable_len_is_never_ahead_of_the_disk,
                b11_a_log_can_be_written_after_a_crash,
                b11_a_log_that_was_never_checkpointed_opens_after_a_crash,
                b11_a_crash_while_a_checkpoint_runs_keeps_the_one_before,
                b11_without_truncate_a_crash_keeps_whole_writes,
                b11_a_crash_takes_what_was_not_durable,
            }
            async b12 {
                b12_no_room_is_full_and_nothing_was_appended,
                b12_a_write_that_never_fits_is_full_at_once,
                b12_a_checkpoint_without_room_keeps_what_was_written,
                b12_a_full_log_still_reads_and_checkpoints,
                b12_a_smaller_write_that_fits_is_taken,
                b12_a_cut_makes_room,
            }
            async b13 {
                b13_a_pruned_log_begins_where_it_may_be_divided,
                b13_a_pruned_log_continues_at_the_same_offsets,
                b13_prune_above_what_is_durable_is_refused,
                b13_the_last_durable_write_stays,
                b13_a_prune_survives_a_crash,
                b13_a_dropped_prune_leaves_an_old_start_or_a_new_one,
                b13_prune_drives_what_is_under_way,
                b13_a_prune_that_is_refused_waits_for_nothing,
                b13_after_a_failed_prune_the_start_is_what_it_was_or_it_is_poisoned,
                b13_a_prune_whose_answer_is_lost_moved_the_start_or_poisons,
                b13_a_fenced_writer_prunes_nothing,
            }
            async b14 {
                b14_note_is_what_opening_found_and_nothing_newer,
                b14_some_note_is_found_where_some_are_kept,
                b14_an_empty_note_leaves_the_one_before,
                b14_a_note_covers_what_was_written_at_its_call,
                b14_what_a_note_covers_survives_a_crash,
                b14_a_cut_forgets_the_notes_above_it,
            }
            async b15 {
                b15_changed_returns_at_once_what_is_there,
                b15_changed_is_woken_by_a_write,
                b15_changed_of_a_log_that_was_cut_is_truncated,
                b15_changed_reports_a_close_after_what_is_durable,
                b15_changed_reports_a_drop,
                b15_changed_reports_poison,
                b15_changed_reports_a_fence,
                b15_changed_reports_a_prune_below_which_its_reader_is,
                b15_a_dropped_changed_changes_nothing,
            }
            async elsewhere {
                b3_a_reader_elsewhere_sees_what_is_durable_and_always_a_prefix,
                b3_a_reader_elsewhere_never_sees_bytes_that_were_cut,
                b15_a_reader_elsewhere_hears_of_more,
            }
            async b16 {
                b16_every_call_completes_on_another_thread,
                b16_a_future_may_move_to_another_thread_half_way,
                b16_two_checkpoints_on_two_threads_complete,
                b16_every_call_that_waits_is_woken,
                b16_no_call_waits_for_a_checkpoint_that_nobody_polls,
            }
            async large {
                b1_the_largest_write_is_whole,
                b4_reads_begin_inside_any_of_a_thousand_pieces,
                b6_a_thousand_checkpoints_are_there_after_a_reopen,
                b6_a_thousand_checkpoints_survive_a_crash,
                b6_one_checkpoint_of_many_megabytes_survives,
            }
            async log_chain {
                log_a_linear_log_is_clean_under_every_rule,
                log_duplicates_and_backtracking_are_notes_and_break_a_linear_chain,
                log_op_1_may_be_replayed,
                log_a_gap_names_the_missing_ops,
                log_a_fork_names_both_histories,
                log_an_expected_tip_has_to_be_there,
                log_an_empty_log_is_clean_and_lacks_any_expected_tip,
                log_a_rotated_log_is_one_chain,
                log_what_is_appended_is_there_after_a_reopen,
            }
            async log_tail {
                log_a_torn_tail_is_cut_at_every_byte,
                log_a_tail_of_zeros_is_reported_and_cut,
                log_damage_above_the_last_checkpoint_is_a_tail,
                log_damage_below_the_last_checkpoint_is_refused,
                log_the_durable_length_distinguishes_a_tail_from_a_loss,
                log_a_cautious_opening_cuts_only_what_is_torn,
                log_something_that_is_not_a_log_is_left_alone,
                log_after_a_crash_all_that_was_checkpointed_is_there,
            }
            async log_reading {
                log_resync_finds_entries_at_every_window_edge,
                log_a_magic_inside_a_body_is_not_an_entry,
                log_every_wound_is_found_and_every_other_entry_is_read,
                log_an_impossible_size_is_named_and_passed,
                log_entries_are_read_while_they_are_written,
            }
            async log_dropping {
                log_a_dropped_append_is_there_or_is_not_and_the_chain_continues,
                log_a_dropped_checkpoint_loses_no_entry,
                log_after_a_failed_checkpoint_nothing_is_acknowledged_until_it_is_opened_again,
                log_a_full_storage_refuses_an_entry_and_the_chain_continues,
            }
            async log_group {
                log_a_group_of_writers_makes_one_chain,
                log_dropped_callers_of_a_group_leave_no_other_waiting,
                log_a_failing_checkpoint_reaches_everyone_in_the_group,
                log_what_a_group_acknowledged_survives_a_crash,
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_rules {
    (data () $($kind:ident $module:ident { $($case:ident,)+ })+) => {
        vec![$($(
            Case::new(stringify!($case), $crate::__conformance_rules!(run $kind $module $case)),
        )+)+]
    };
    (run async $module:ident $case:ident) => {
        |trial| trial.fixture.block_on($crate::suite::cases::$module::$case(trial))
    };
    (run threads $module:ident $case:ident) => {
        |trial| $crate::suite::cases::$module::$case(trial)
    };
    (tests ($new:expr) $($kind:ident $module:ident { $($case:ident,)+ })+) => {
        $($(
            #[test]
            fn $case() {
                $crate::check(stringify!($case), $new);
            }
        )+)+
    };
}

/// Every case, in the order of the promises, for a harness of your own.
#[must_use]
pub fn cases<F: Fixture>() -> Vec<Case<F>> {
    let mut cases: Vec<Case<F>> = crate::__conformance_cases!(data());
    cases.sort_by_key(Case::promise);
    cases
}

/// Tests a backend: one `#[test]` for every case of the suite.
///
/// With a name, the tests are in `name::conformance`, so that one file can test several backends; without one, in
/// `conformance`. The fixture's constructor, a path or a closure, is called for every case. What the storage declares it
/// cannot do is refused, which is checked, and printed as skipped.
///
/// ```
/// use aof_testkit::{conformance, disk::SimFixture};
///
/// conformance!(sim_disk, SimFixture::new);
/// conformance!(SimFixture::new);
/// ```
///
/// See [`Fixture`] for a complete example.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $new:expr $(,)?) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::conformance!($new);
        }
    };
    ($new:expr $(,)?) => {
        mod conformance {
            #[allow(unused_imports)]
            use super::*;

            $crate::__conformance_cases!(tests($new));
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SimFixture;
    use crate::suite::promise::Promise;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_is_named_for_its_promise_and_every_promise_has_a_case() {
        let named: BTreeSet<_> = cases::<SimFixture>().iter().map(|case| Promise::of(case.name())).collect();
        let all: BTreeSet<_> = Promise::ALL.into_iter().map(Some).collect();
        assert_eq!(named, all);
    }
}
