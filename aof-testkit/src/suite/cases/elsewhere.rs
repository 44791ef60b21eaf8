//! B3 and B15 for readers of another process or handle.

use crate::suite::fixture::Fixture;
use crate::suite::polling::within;
use crate::suite::trial::{Trial, append, prefix, read_from};
use crate::suite::verdict::{Verdict, ensure};
use aof_api::{AofBackend, AofRead, Error};

impl<F: Fixture> Trial<'_, F> {
    /// Continues only where the fixture makes readers elsewhere; elsewhere checks that it refuses.
    async fn needs_elsewhere(&self) -> Verdict {
        if self.fixture.capabilities().can_read_elsewhere() {
            return Ok(());
        }
        let other = self.another();
        let _backend = other.fixture.create().await?;
        let refused = other.fixture.reader_elsewhere().await.map(|_| ());
        self.absent("make a reader elsewhere", "Capabilities::readers_elsewhere", refused)
    }
}

pub(crate) async fn b3_a_reader_elsewhere_sees_what_is_durable_and_always_a_prefix<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    trial.needs_elsewhere().await?;
    let (mut backend, mut random, mut log) = (trial.create().await?, trial.random(), Vec::new());
    let mut earlier = trial.fixture.reader_elsewhere().await?;
    for round in 0..20 {
        let len = random.between(1, 3000);
        let bytes = random.bytes(len);
        append(&mut backend, &bytes).await?;
        log.extend(bytes);
        if random.chance(0.5) {
            backend.checkpoint(&[]).await?;
        }
        let durable = backend.durable_len() as usize;
        let mut later = trial.fixture.reader_elsewhere().await?;
        for (reader, which) in [(&mut earlier, "an earlier"), (&mut later, "a new")] {
            let end = reader.end().await?;
            ensure!(
                (durable as u64..=log.len() as u64).contains(&end),
                "{which} reader elsewhere ends at {end}, {durable} of {} bytes are durable",
                log.len()
            );
            let seen = read_from(reader, 0).await?;
            prefix(&seen, &log, durable, &format!("{which} reader elsewhere in round {round}"))?;
        }
    }
    backend.close().await?;
    let durable = backend.durable_len() as usize;
    let seen = read_from(&mut earlier, 0).await?;
    prefix(&seen, &log, durable, "a reader elsewhere after the close of the writer")
}

pub(crate) async fn b3_a_reader_elsewhere_never_sees_bytes_that_were_cut<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_elsewhere().await?;
    let log = trial.random().bytes(2000);
    let mut backend = trial.create_with(&log).await?;
    trial.needs_truncate(&mut backend).await?;
    backend.checkpoint(&[]).await?;
    let mut earlier = trial.fixture.reader_elsewhere().await?;
    prefix(&read_from(&mut earlier, 0).await?, &log, 2000, "a reader elsewhere before a cut")?;
    backend.truncate(700).await?;
    append(&mut backend, &[0xee; 900]).await?;
    backend.checkpoint(&[]).await?;
    let wanted = [&log[..700], &[0xee; 900]].concat();
    let mut later = trial.fixture.reader_elsewhere().await?;
    prefix(&read_from(&mut later, 0).await?, &wanted, 1600, "a reader elsewhere made after a cut")?;
    match read_from(&mut earlier, 0).await {
        Ok(seen) => prefix(&seen, &wanted, 700, "a reader elsewhere made before a cut"),
        Err(Error::Truncated { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn b15_a_reader_elsewhere_hears_of_more<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_elsewhere().await?;
    let mut backend = trial.create_with(&[1; 100]).await?;
    backend.checkpoint(&[]).await?;
    let mut reader = trial.fixture.reader_elsewhere().await?;
    let end = within("changed(99) of a reader elsewhere", reader.changed(99)).await??;
    ensure!(end >= 100, "changed(99) of a reader elsewhere returned {end}, 100 bytes are durable");
    // It waits, is dropped, and changes nothing.
    drop(reader.changed(100));
    let more = async {
        append(&mut backend, &[2; 50]).await?;
        backend.checkpoint(&[]).await?;
        Ok(())
    };
    let (heard, written): (_, Verdict) =
        futures::future::join(within("changed(100) of a reader elsewhere", reader.changed(100)), more).await;
    written?;
    let end = heard??;
    ensure!((101..=150).contains(&end), "changed(100) of a reader elsewhere returned {end} of 150 bytes");
    Ok(())
}
