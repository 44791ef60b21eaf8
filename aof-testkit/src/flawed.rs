//! Backends that break one promise each: they test the suite itself.
//!
//! Each [`Flaw`] is one way in which a storage goes wrong, most of them seen in the wild. A [`BadFixture`] makes backends
//! with that flaw and no other, over a [`SimDisk`](crate::disk::SimDisk); [`Flaw::caught_by`] names the case of the suite
//! that is there for it.
//!
//! ```
//! use aof_testkit::flawed::{BadFixture, Flaw};
//! use aof_testkit::run_all;
//!
//! let report = run_all(|| BadFixture::new(Flaw::SeekWraps));
//! assert!(report.failures().any(|failure| failure.case == Flaw::SeekWraps.caught_by()));
//! ```

mod backend;
mod checkpointing;
mod cutting;
mod elsewhere;
mod fixture;
mod opening;
mod reader;
mod shared;
mod writing;

pub use backend::BadBackend;
pub use fixture::BadFixture;
pub use reader::BadReader;

/// Declares the flaws, with the case that is named for each.
macro_rules! flaws {
    ($($(#[$doc:meta])+ $flaw:ident => $case:literal,)+) => {
        /// One way to break a promise.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Flaw {
            $($(#[$doc])+ $flaw,)+
        }

        impl Flaw {
            /// Every flaw.
            pub const ALL: &[Flaw] = &[$(Flaw::$flaw,)+];

            /// The case of the suite that is named for it.
            #[must_use]
            pub fn caught_by(self) -> &'static str {
                match self {
                    $(Flaw::$flaw => $case,)+
                }
            }
        }
    };
}

flaws! {
    /// A write of more than 4096 bytes stores 4096 and returns Ok.
    ShortWriteIsWhole => "b1_write_appends_all_parts_contiguously",
    /// A write stores its first 1024 parts, as many as one system call takes.
    PartsPast1024AreDropped => "b1_more_than_1024_parts_are_one_write",
    /// A write ends at its first empty part.
    EmptyPartEndsTheWrite => "b1_empty_parts_are_passed_over",
    /// A write returns the length from after it.
    WriteReturnsTheNewLength => "b1_write_returns_the_length_from_before",
    /// A write lands at the cursor and moves it, as in a file that was not opened for appending.
    WriteGoesToTheCursor => "b2_seek_and_read_do_not_move_the_end",
    /// A write leaves the read cursor at the end.
    WriteMovesTheCursor => "b2_write_does_not_move_the_read_cursor",
    /// All readers have one cursor, as duplicated descriptors do.
    ReadersShareACursor => "b2_each_reader_has_a_cursor_of_its_own",
    /// A read on the backend sees nothing that was not checkpointed: read-your-writes is broken.
    WritesAreReadAfterACheckpoint => "b3_a_write_is_read_at_once_on_the_same_backend",
    /// A new reader sees nothing that was not checkpointed.
    NewReaderStopsAtTheCheckpoint => "b3_a_reader_made_afterwards_sees_what_was_written",
    /// A reader is a snapshot.
    ReaderNeverGrows => "b3_a_reader_sees_what_is_durable_and_what_is_not",
    /// A reader sees later bytes before earlier ones, which are zeros until the next checkpoint.
    ReaderSeesBytesOutOfOrder => "b3_a_reader_made_earlier_sees_every_write_that_returned",
    /// A reader that was made before a truncate sees what is there now.
    ReaderIgnoresTheCut => "b3_after_a_truncate_an_earlier_reader_never_sees_the_cut_bytes",
    /// A reader is closed with its backend.
    ReaderEndsWithItsWriter => "b3_a_reader_continues_after_close_and_drop",
    /// A read at a boundary of 4096 bytes returns 0 once.
    ReadReturns0InTheMiddle => "b4_read_returns_0_only_at_the_end_or_for_an_empty_buffer",
    /// A read past the end is an error.
    ReadPastTheEndFails => "b4_at_or_past_the_end_read_returns_0",
    /// The next data is said to be at the end, wherever it is.
    HolesReachToTheEnd => "b4_next_data_passes_over_nothing_but_zeros",
    /// Every offset is said to be one at which the log was divided.
    BoundariesAreAnywhere => "b4_a_boundary_is_where_a_write_began",
    /// A seek keeps 32 bits of the offset.
    SeekWraps => "b5_seek_takes_any_u64",
    /// A seek refuses what does not fit into an i64.
    SeekIsSigned => "b5_seek_takes_any_u64",
    /// A checkpoint returns Ok and makes nothing durable.
    CheckpointDoesNothing => "b6_what_was_checkpointed_survives_a_crash",
    /// A checkpoint makes whole sectors durable and says that it was everything.
    CheckpointForgetsTheLastSector => "b11_a_crash_keeps_the_durable_prefix_exactly",
    /// A checkpoint recycles the log.
    CheckpointDiscards => "b6_checkpoint_discards_nothing",
    /// A checkpoint returns what the one before it made durable.
    CheckpointReturnsTheLastOne => "b6_checkpoint_returns_what_is_durable",
    /// Opening the log drops what does not fill a sector.
    ReopenLosesTheTail => "b6_what_was_checkpointed_is_there_after_a_reopen",
    /// After opening the log everything counts as durable.
    OpeningCountsAsDurable => "b7_opening_counts_nothing_as_durable_that_a_crash_takes",
    /// A checkpoint after a failed one returns Ok.
    SecondCheckpointSucceeds => "b7_a_second_checkpoint_after_a_failed_one_does_not_report_success",
    /// A write after a failed checkpoint returns Ok.
    WritesAfterAFailedCheckpoint => "b7_a_failed_checkpoint_poisons",
    /// A write that failed leaves half of it, and the next one follows it.
    FailedWriteKeepsAPart => "b7_after_a_failed_write_the_length_is_what_it_was_or_it_is_poisoned",
    /// A truncate that failed does not poison.
    FailedTruncateContinues => "b7_a_failed_truncate_poisons",
    /// A read that failed moves the cursor as if it had not.
    FailedReadMovesTheCursor => "b7_after_a_failed_read_the_cursor_stays_and_reading_continues",
    /// What poisoned the backend is not reported.
    PoisonHasNoCause => "b7_poison_names_its_cause",
    /// A truncate is undone by a crash.
    CutIsNotDurable => "b8_the_cut_survives_a_crash",
    /// The cut bytes are there again after opening the log.
    CutBytesComeBack => "b8_the_cut_is_there_after_a_reopen",
    /// A truncate past the end appends zeros.
    TruncateExtends => "b8_truncate_past_the_end_is_refused_and_changes_nothing",
    /// A write is pending with half of it stored, and leaves that half when it is dropped.
    DroppedWriteLeavesHalf => "b9_a_dropped_write_leaves_all_or_nothing",
    /// The failure of a checkpoint whose future was dropped is never reported.
    DroppedCheckpointIsForgotten => "b9_the_call_after_a_dropped_checkpoint_hears_of_its_failure",
    /// The call after a dropped checkpoint returns the outcome of that one, without the bytes written since.
    DroppedCheckpointIsTheNextAnswer => "b9_a_dropped_checkpoint_loses_nothing",
    /// A truncate is pending with half of it cut, and leaves that length when it is dropped.
    DroppedTruncateStopsHalfway => "b9_a_dropped_truncate_leaves_the_old_length_or_the_new_one",
    /// A second writer is let in.
    SecondWriterIsLetIn => "b10_a_second_writer_is_refused_at_once",
    /// A second writer is refused and takes the lock of the first with it, as the locks of `fcntl` do.
    RefusalLosesTheLock => "b10_a_second_writer_is_refused_at_once",
    /// The lock is gone with the drop, not with the close.
    LockOutlivesClose => "b10_the_lock_is_gone_when_close_returns",
    /// The lock is gone with a close only.
    LockOutlivesTheDrop => "b10_the_lock_is_gone_when_the_backend_is_dropped",
    /// The lock lives as long as readers do, as one on a shared descriptor does.
    ReadersHoldTheLock => "b10_the_lock_is_gone_while_readers_live",
    /// The first writer does not hear that a second one fenced it off.
    FencedWriterContinues => "b10_a_second_writer_fences_the_first_off",
    /// A closed backend continues reading.
    WorksAfterClose => "b10_after_close_every_call_fails_with_closed",
    /// Closing a closed backend is an error.
    SecondCloseFails => "b10_a_second_close_is_no_error",
    /// `durable_len` is `len`.
    DurableLenIsAheadOfTheDisk => "b11_durable_len_is_never_ahead_of_the_disk",
    /// A write without room stores what fits, and returns `Full`.
    FullAppendsWhatFits => "b12_no_room_is_full_and_nothing_was_appended",
    /// A write without room poisons.
    FullPoisons => "b12_a_full_log_still_reads_and_checkpoints",
    /// A write without room returns `Io`.
    FullIsAnIoError => "b12_a_write_that_never_fits_is_full_at_once",
    /// A buffered write for which there is no room is lost in silence.
    FullLosesTheBuffer => "b12_a_checkpoint_without_room_keeps_what_was_written",
    /// Room is never given back.
    CutMakesNoRoom => "b12_a_cut_makes_room",
    /// A write stores its first 32 MiB, and returns `Ok`.
    WriteStopsAt32Mib => "b1_the_largest_write_is_whole",
    /// A read inside of the 257th piece, or a later one, finds the piece by 8 bits of its number.
    PieceIndexIsAByte => "b4_reads_begin_inside_any_of_a_thousand_pieces",
    /// Opening the log sorts its pieces by names that are padded for 1000 of them.
    PiecesSortAsText => "b6_a_thousand_checkpoints_are_there_after_a_reopen",
    /// The length of what one checkpoint made durable is kept in 16 bits.
    LengthsHave16Bits => "b6_a_thousand_checkpoints_survive_a_crash",
    /// A checkpoint of several chunks of 8 MiB resolves when the first one is durable.
    OkAfterTheFirstChunk => "b6_one_checkpoint_of_many_megabytes_survives",
    /// A reader that was made earlier sees what was there then, and what is durable.
    EarlierReaderLags => "b3_a_reader_made_earlier_sees_every_write_that_returned",
    /// A reader whose writer is closed or dropped shows what is in the storage.
    ReaderIgnoresTheEndOfItsWriter => "b3_a_reader_ends_at_the_durable_length_after_a_close",
    /// A reader whose writer was fenced off shows what is in the storage.
    ReaderIgnoresTheFence => "b3_a_reader_of_a_fenced_writer_ends_at_its_durable_length",
    /// A reader elsewhere never sees more than at its first look.
    ReaderElsewhereIsASnapshot => "b3_a_reader_elsewhere_sees_what_is_durable_and_always_a_prefix",
    /// A reader elsewhere shows bytes that it has read before, also when they were cut.
    ReaderElsewhereKeepsCutBytes => "b3_a_reader_elsewhere_never_sees_bytes_that_were_cut",
    /// A reader elsewhere waits for ever.
    ReaderElsewhereIsDeaf => "b15_a_reader_elsewhere_hears_of_more",
    /// The future of a checkpoint writes zeros past the end that was known at its call.
    ZerosAheadInTheFuture => "b6_writes_and_reads_continue_while_a_checkpoint_is_under_way",
    /// A checkpoint that finds a longer log than at its call poisons.
    GrowthPoisons => "b6_writes_and_reads_continue_while_a_checkpoint_is_under_way",
    /// A checkpoint resolves to the length that the log has by then.
    PromisesWhatCameMeanwhile => "b6_what_is_written_meanwhile_is_not_lost_by_a_crash_of_what_was_promised",
    /// A call that needs an earlier checkpoint waits for another caller to drive it.
    WaitsForTheEarlierOne => "b6_two_under_way_resolve_in_any_order_of_polls",
    /// A checkpoint whose backend was dropped resolves to `Ok` in any case.
    DroppedBackendSaysOk => "b6_the_outcome_agrees_with_the_durable_length_after_a_drop",
    /// A note that is too long is cut.
    LongNoteIsTaken => "b6_a_note_that_is_too_long_changes_nothing",
    /// A checkpoint under way resolves to `Ok` after an earlier one failed.
    LaterOneIgnoresTheFailure => "b7_none_under_way_succeeds_after_an_earlier_one_failed",
    /// A prune whose answer was lost has moved the start, and does not poison.
    LostPruneContinues => "b13_a_prune_whose_answer_is_lost_moved_the_start_or_poisons",
    /// A write whose answer was lost is written once more.
    LostWriteIsWrittenTwice => "b7_a_write_whose_answer_is_lost_is_there_once_or_not_at_all",
    /// A checkpoint whose answer was lost fails, and does not poison.
    LostCheckpointContinues => "b7_a_checkpoint_whose_answer_is_lost_kept_its_promise_or_poisons",
    /// A truncate whose answer was lost fails, and does not poison.
    LostTruncateContinues => "b7_a_truncate_whose_answer_is_lost_cut_or_poisons",
    /// A checkpoint whose backend was dropped cuts the log to its end.
    CheckpointActsAfterTheDrop => "b10_a_checkpoint_that_outlives_its_backend_changes_nothing",
    /// A close that fails keeps the lock.
    FailedCloseKeepsTheLock => "b10_the_lock_is_gone_after_a_close_that_fails",
    /// Readers are declared to hold the lock, and do not.
    LockIsSaidToBeHeld => "b10_the_last_reader_gives_the_lock_back",
    /// A write looks whether a second writer took over, and then writes whatever has happened since.
    ChecksThenWrites => "b10_a_takeover_at_any_await_point_keeps_what_was_acknowledged",
    /// A write lands, then looks whether a second writer took over, and says that it was refused.
    FencedWriteIsKept => "b10_a_takeover_at_any_await_point_keeps_what_was_acknowledged",
    /// A truncate that waits half way cuts the log of the writer that took over.
    TruncateIgnoresTheFence => "b10_a_truncate_that_is_taken_over_cuts_nothing_of_the_second_writer",
    /// A checkpoint that was durable before a takeover fails when it is polled after it.
    FenceForgetsWhatWasDurable => "b10_what_was_durable_before_a_fence_resolves_to_ok",
    /// A storage that cannot be cut keeps parts of writes in a crash.
    TearsWithoutTruncate => "b11_without_truncate_a_crash_keeps_whole_writes",
    /// A simulated crash loses nothing, so that no case can find out whether checkpoints work.
    CrashTakesNothing => "b11_a_crash_takes_what_was_not_durable",
    /// A prune begins the log where it was asked to.
    PruneCutsAnywhere => "b13_a_pruned_log_begins_where_it_may_be_divided",
    /// A prune is declared, and never does anything.
    PruneGivesNothingBack => "b13_a_pruned_log_begins_where_it_may_be_divided",
    /// The start of a pruned log is 0 again when it is opened.
    PruneIsNotDurable => "b13_a_pruned_log_continues_at_the_same_offsets",
    /// A prune above what is durable prunes what it can.
    PruneTakesAnything => "b13_prune_above_what_is_durable_is_refused",
    /// A prune leaves nothing that is durable.
    PruneForgetsTheLastWrite => "b13_the_last_durable_write_stays",
    /// The start of a pruned log is 0 again after a crash.
    PruneIsUndoneByACrash => "b13_a_prune_survives_a_crash",
    /// A prune waits half way, and leaves a start inside of a write when it is dropped.
    DroppedPruneLeavesAnyStart => "b13_a_dropped_prune_leaves_an_old_start_or_a_new_one",
    /// A prune waits for another caller to drive the checkpoints under way.
    PruneDoesNotDrive => "b13_prune_drives_what_is_under_way",
    /// A prune that is refused waits for checkpoints under way first, and drives none.
    RefusedPruneWaits => "b13_a_prune_that_is_refused_waits_for_nothing",
    /// A prune that failed has moved the start, and does not poison.
    FailedPruneMovesTheStart => "b13_after_a_failed_prune_the_start_is_what_it_was_or_it_is_poisoned",
    /// A writer that was fenced off prunes.
    FencedWriterPrunes => "b13_a_fenced_writer_prunes_nothing",
    /// `note` is that of the last checkpoint.
    NoteFollowsCheckpoints => "b14_note_is_what_opening_found_and_nothing_newer",
    /// Notes are declared to be kept, and none ever is.
    NoteIsNeverFound => "b14_some_note_is_found_where_some_are_kept",
    /// A checkpoint without a note erases the one before.
    EmptyNoteErases => "b14_an_empty_note_leaves_the_one_before",
    /// A note covers what is there when its checkpoint resolves.
    NoteCoversTheEnd => "b14_a_note_covers_what_was_written_at_its_call",
    /// A note is durable from the call of its checkpoint on.
    NoteAheadOfTheDisk => "b14_what_a_note_covers_survives_a_crash",
    /// A truncate leaves the notes of what it cuts.
    TruncateKeepsTheNote => "b14_a_cut_forgets_the_notes_above_it",
    /// `changed` on the backend itself waits for a writer that cannot come.
    ChangedHangsOnTheBackend => "b15_changed_returns_at_once_what_is_there",
    /// `changed` is never woken.
    ChangedIsDeaf => "b15_changed_is_woken_by_a_write",
    /// `changed` asks again and again to be polled.
    ChangedPolls => "b15_changed_is_woken_by_a_write",
    /// `changed` continues to wait when nothing can come any more.
    ChangedIgnoresErrors => "b15_changed_reports_a_drop",
    /// `changed` continues to wait when another writer took over.
    ChangedIgnoresAFence => "b15_changed_reports_a_fence",
    /// `changed` continues to wait when a prune removed what its reader has not read.
    ChangedIgnoresAPrune => "b15_changed_reports_a_prune_below_which_its_reader_is",
    /// `changed` fails, though there is more to read.
    ChangedReportsAnErrorFirst => "b15_changed_reports_a_close_after_what_is_durable",
    /// `changed` waits for ever after one that was dropped.
    DroppedChangedIsTheLast => "b15_a_dropped_changed_changes_nothing",
    /// A call on another thread than that of the first one fails.
    CallsAreBoundToAThread => "b16_every_call_completes_on_another_thread",
    /// A checkpoint fails on another thread than that of its first poll.
    FuturesAreBoundToAThread => "b16_a_future_may_move_to_another_thread_half_way",
    /// A checkpoint that is called while another one is under way fails.
    OneCheckpointAtATime => "b16_two_checkpoints_on_two_threads_complete",
    /// A seek is pending, and nothing wakes it.
    PendingIsNotWoken => "b16_every_call_that_waits_is_woken",
    /// A write blocks its thread until no checkpoint is under way.
    WriteWaitsForCheckpoints => "b16_no_call_waits_for_a_checkpoint_that_nobody_polls",
}
