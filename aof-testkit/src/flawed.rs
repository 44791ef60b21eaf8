//! Backends that break one promise each, by which the suite itself is tested.
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
mod fixture;
mod reader;

pub use backend::BadBackend;
pub use fixture::BadFixture;
pub use reader::BadReader;

/// One way to break a promise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Flaw {
    /// A write of more than 4096 bytes stores 4096 and answers Ok.
    ShortWriteIsWhole,
    /// A write stores its first 1024 parts, as many as one system call takes.
    PartsPast1024AreDropped,
    /// A write ends at its first empty part.
    EmptyPartEndsTheWrite,
    /// A write answers the length from after it.
    WriteAnswersTheNewLength,
    /// A write lands at the cursor and moves it, as in a file that was not opened for appending.
    WriteGoesToTheCursor,
    /// A write leaves the read cursor at the end.
    WriteMovesTheCursor,
    /// All readers have one cursor, as duplicated descriptors do.
    ReadersShareACursor,
    /// A read on the backend sees nothing that was not checkpointed: read-your-writes is broken.
    WritesAreReadAfterACheckpoint,
    /// A new reader sees nothing that was not checkpointed.
    NewReaderStopsAtTheCheckpoint,
    /// A reader is a snapshot.
    ReaderNeverGrows,
    /// A reader sees later bytes before earlier ones, which are zeros until the next checkpoint.
    ReaderSeesBytesOutOfOrder,
    /// A reader that was made before a truncate sees what stands there now.
    ReaderIgnoresTheCut,
    /// A reader is closed with its backend.
    ReaderEndsWithItsWriter,
    /// A read at a boundary of 4096 bytes answers 0 once.
    ReadAnswers0InTheMiddle,
    /// A read past the end is an error.
    ReadPastTheEndFails,
    /// A seek keeps 32 bits of the offset.
    SeekWraps,
    /// A seek refuses what does not fit into an i64.
    SeekIsSigned,
    /// A checkpoint answers Ok and makes nothing durable.
    CheckpointDoesNothing,
    /// A checkpoint makes whole sectors durable and says that it was everything.
    CheckpointForgetsTheLastSector,
    /// A checkpoint recycles the log.
    CheckpointDiscards,
    /// A checkpoint answers what the one before it made durable.
    CheckpointAnswersTheLastOne,
    /// An opening drops what does not fill a sector.
    ReopenLosesTheTail,
    /// After an opening everything counts as durable.
    OpeningCountsAsDurable,
    /// A checkpoint after a failed one answers Ok.
    SecondCheckpointSucceeds,
    /// A write after a failed checkpoint answers Ok.
    WritesAfterAFailedCheckpoint,
    /// A write that failed leaves half of it, and the next one goes behind it.
    FailedWriteKeepsAPart,
    /// A truncate that failed does not poison.
    FailedTruncateGoesOn,
    /// A read that failed moves the cursor as if it had not.
    FailedReadMovesTheCursor,
    /// What poisoned the backend is not told.
    PoisonHasNoCause,
    /// A truncate is undone by a crash.
    CutIsNotDurable,
    /// The cut bytes are there again after an opening.
    CutBytesComeBack,
    /// A truncate behind the end appends zeros.
    TruncateExtends,
    /// A write waits half way, and leaves that half when it is dropped.
    DroppedWriteLeavesHalf,
    /// The failure of a checkpoint whose future was dropped is never heard of.
    DroppedCheckpointIsForgotten,
    /// The call after a dropped checkpoint answers for it alone, not for what was written since.
    DroppedCheckpointIsTheNextAnswer,
    /// A truncate waits half way, and leaves some other length when it is dropped.
    DroppedTruncateStopsHalfway,
    /// A second writer is let in.
    SecondWriterIsLetIn,
    /// A second writer is refused and takes the lock of the first with it, as the locks of `fcntl` do.
    RefusalLosesTheLock,
    /// The lock is gone with the drop, not with the close.
    LockOutlivesClose,
    /// The lock is gone with a close only.
    LockOutlivesTheDrop,
    /// The lock lives as long as readers do, as one on a shared descriptor does.
    ReadersHoldTheLock,
    /// The first writer does not hear that a second one fenced it off.
    FencedWriterGoesOn,
    /// A closed backend goes on reading.
    AnswersAfterClose,
    /// Closing a closed backend is an error.
    SecondCloseFails,
    /// `durable_len` is `len`.
    DurableLenIsAheadOfTheDisk,
    /// A write without room stores what fits, and answers `Full`.
    FullAppendsWhatFits,
    /// A write without room poisons.
    FullPoisons,
    /// A write without room answers `Io`.
    FullIsAnIoError,
    /// A buffered write for which there is no room is lost in silence.
    FullLosesTheBuffer,
    /// Room is never given back.
    CutMakesNoRoom,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Flaw; 50] = [
        Flaw::ShortWriteIsWhole,
        Flaw::PartsPast1024AreDropped,
        Flaw::EmptyPartEndsTheWrite,
        Flaw::WriteAnswersTheNewLength,
        Flaw::WriteGoesToTheCursor,
        Flaw::WriteMovesTheCursor,
        Flaw::ReadersShareACursor,
        Flaw::WritesAreReadAfterACheckpoint,
        Flaw::NewReaderStopsAtTheCheckpoint,
        Flaw::ReaderNeverGrows,
        Flaw::ReaderSeesBytesOutOfOrder,
        Flaw::ReaderIgnoresTheCut,
        Flaw::ReaderEndsWithItsWriter,
        Flaw::ReadAnswers0InTheMiddle,
        Flaw::ReadPastTheEndFails,
        Flaw::SeekWraps,
        Flaw::SeekIsSigned,
        Flaw::CheckpointDoesNothing,
        Flaw::CheckpointForgetsTheLastSector,
        Flaw::CheckpointDiscards,
        Flaw::CheckpointAnswersTheLastOne,
        Flaw::ReopenLosesTheTail,
        Flaw::OpeningCountsAsDurable,
        Flaw::SecondCheckpointSucceeds,
        Flaw::WritesAfterAFailedCheckpoint,
        Flaw::FailedWriteKeepsAPart,
        Flaw::FailedTruncateGoesOn,
        Flaw::FailedReadMovesTheCursor,
        Flaw::PoisonHasNoCause,
        Flaw::CutIsNotDurable,
        Flaw::CutBytesComeBack,
        Flaw::TruncateExtends,
        Flaw::DroppedWriteLeavesHalf,
        Flaw::DroppedCheckpointIsForgotten,
        Flaw::DroppedCheckpointIsTheNextAnswer,
        Flaw::DroppedTruncateStopsHalfway,
        Flaw::SecondWriterIsLetIn,
        Flaw::RefusalLosesTheLock,
        Flaw::LockOutlivesClose,
        Flaw::LockOutlivesTheDrop,
        Flaw::ReadersHoldTheLock,
        Flaw::FencedWriterGoesOn,
        Flaw::AnswersAfterClose,
        Flaw::SecondCloseFails,
        Flaw::DurableLenIsAheadOfTheDisk,
        Flaw::FullAppendsWhatFits,
        Flaw::FullPoisons,
        Flaw::FullIsAnIoError,
        Flaw::FullLosesTheBuffer,
        Flaw::CutMakesNoRoom,
    ];

    /// The case of the suite that is named for it.
    #[must_use]
    pub fn caught_by(self) -> &'static str {
        match self {
            Flaw::ShortWriteIsWhole => "b1_write_appends_all_parts_contiguously",
            Flaw::PartsPast1024AreDropped => "b1_more_than_1024_parts_are_one_write",
            Flaw::EmptyPartEndsTheWrite => "b1_empty_parts_are_passed_over",
            Flaw::WriteAnswersTheNewLength => "b1_write_answers_the_length_from_before",
            Flaw::WriteGoesToTheCursor => "b2_seek_and_read_do_not_move_the_end",
            Flaw::WriteMovesTheCursor => "b2_write_does_not_move_the_read_cursor",
            Flaw::ReadersShareACursor => "b2_each_reader_has_a_cursor_of_its_own",
            Flaw::WritesAreReadAfterACheckpoint => "b3_a_write_is_read_at_once_on_the_same_backend",
            Flaw::NewReaderStopsAtTheCheckpoint => "b3_a_reader_made_afterwards_sees_what_was_written",
            Flaw::ReaderNeverGrows => "b3_a_reader_sees_everything_up_to_the_last_checkpoint",
            Flaw::ReaderSeesBytesOutOfOrder => "b3_a_reader_made_earlier_sees_a_prefix_of_what_was_written",
            Flaw::ReaderIgnoresTheCut => "b3_after_a_truncate_an_earlier_reader_never_sees_the_cut_bytes",
            Flaw::ReaderEndsWithItsWriter => "b3_a_reader_goes_on_after_close_and_drop",
            Flaw::ReadAnswers0InTheMiddle => "b4_read_answers_0_only_at_the_end_or_for_an_empty_buffer",
            Flaw::ReadPastTheEndFails => "b4_at_or_past_the_end_read_answers_0",
            Flaw::SeekWraps => "b5_seek_takes_any_u64",
            Flaw::SeekIsSigned => "b5_seek_takes_any_u64",
            Flaw::CheckpointDoesNothing => "b6_what_was_checkpointed_survives_a_crash",
            Flaw::CheckpointForgetsTheLastSector => "b11_a_crash_keeps_the_durable_prefix_exactly",
            Flaw::CheckpointDiscards => "b6_checkpoint_discards_nothing",
            Flaw::CheckpointAnswersTheLastOne => "b6_checkpoint_answers_what_is_durable",
            Flaw::ReopenLosesTheTail => "b6_what_was_checkpointed_is_there_after_a_reopen",
            Flaw::OpeningCountsAsDurable => "b7_durable_len_is_0_after_an_opening",
            Flaw::SecondCheckpointSucceeds => "b7_a_second_checkpoint_after_a_failed_one_does_not_report_success",
            Flaw::WritesAfterAFailedCheckpoint => "b7_a_failed_checkpoint_poisons",
            Flaw::FailedWriteKeepsAPart => "b7_after_a_failed_write_the_length_is_what_it_was_or_it_is_poisoned",
            Flaw::FailedTruncateGoesOn => "b7_a_failed_truncate_poisons",
            Flaw::FailedReadMovesTheCursor => "b7_after_a_failed_read_the_cursor_stays_and_reading_goes_on",
            Flaw::PoisonHasNoCause => "b7_poison_names_its_cause",
            Flaw::CutIsNotDurable => "b8_the_cut_survives_a_crash",
            Flaw::CutBytesComeBack => "b8_the_cut_is_there_after_a_reopen",
            Flaw::TruncateExtends => "b8_truncate_behind_the_end_is_refused_and_changes_nothing",
            Flaw::DroppedWriteLeavesHalf => "b9_a_dropped_write_leaves_all_or_nothing",
            Flaw::DroppedCheckpointIsForgotten => "b9_the_call_after_a_dropped_checkpoint_hears_of_its_failure",
            Flaw::DroppedCheckpointIsTheNextAnswer => "b9_a_dropped_checkpoint_loses_nothing",
            Flaw::DroppedTruncateStopsHalfway => "b9_a_dropped_truncate_leaves_the_old_length_or_the_new_one",
            Flaw::SecondWriterIsLetIn => "b10_a_second_writer_is_refused_at_once",
            Flaw::RefusalLosesTheLock => "b10_a_second_writer_is_refused_at_once",
            Flaw::LockOutlivesClose => "b10_the_lock_is_gone_when_close_returns",
            Flaw::LockOutlivesTheDrop => "b10_the_lock_is_gone_when_the_backend_is_dropped",
            Flaw::ReadersHoldTheLock => "b10_the_lock_is_gone_while_readers_live",
            Flaw::FencedWriterGoesOn => "b10_a_second_writer_fences_the_first_off",
            Flaw::AnswersAfterClose => "b10_after_close_every_call_answers_closed",
            Flaw::SecondCloseFails => "b10_a_second_close_is_no_error",
            Flaw::DurableLenIsAheadOfTheDisk => "b11_durable_len_is_never_ahead_of_the_disk",
            Flaw::FullAppendsWhatFits => "b12_no_room_is_full_and_nothing_was_appended",
            Flaw::FullPoisons => "b12_a_full_log_still_reads_and_checkpoints",
            Flaw::FullIsAnIoError => "b12_a_write_that_never_fits_is_full_at_once",
            Flaw::FullLosesTheBuffer => "b12_a_checkpoint_without_room_keeps_what_was_written",
            Flaw::CutMakesNoRoom => "b12_a_cut_makes_room",
        }
    }
}
