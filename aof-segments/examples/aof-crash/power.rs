//! Power cuts: a file system in a file, shut down under a writer (`FS_IOC_SHUTDOWN`), and mounted again.

use crate::course::Course;
use crate::cut::{Cutter, Journal};
use crate::{FileSystem, Rounds};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As small as mkfs.xfs takes them.
const IMAGE_BYTES: u64 = 320 << 20;

pub(crate) fn run(rounds: &Rounds, fs: FileSystem) -> bool {
    let directory = rounds.directory();
    let mut disk = match Disk::new(directory.path(), fs) {
        Ok(disk) => disk,
        Err(lacks) => {
            println!("skipped: power cuts on {}: {lacks}", name(fs));
            return true;
        }
    };
    let mut course = Course::new(rounds, disk.mount_point.join("log.aof"));
    for round in 0..rounds.rounds {
        let writer = course.writer_to_crash(round);
        let Course { random, counts, history, .. } = &mut course;
        // One time in four with the journal flushed: metadata then is ahead of data.
        let journal = if random.below(4) == 0 { Journal::Flushed } else { Journal::Lost };
        // From here on a sync may return `Ok` and be cut off all the same: a bare file sees it too (`--load bare`).
        // Where the power is really lost, nobody hears such an answer.
        let cut = disk.cut(journal);
        let crash_ns = *cut.as_ref().unwrap_or(&0);
        // A writer may well have seen the cut as an error.
        let failure = history.take(round, writer.kill(), crash_ns, counts);
        let checked = cut.and_then(|_| disk.mount_again()).and_then(|()| history.check(counts));
        if let Err(lost) = checked {
            println!("{}, seed {}, round {round}: {lost}", name(fs), rounds.seed);
            println!("the journal was {journal:?}; the writer's last words: {failure:?}");
            let folders = [&disk.mount_point, &course.log];
            for entry in folders.iter().filter_map(|folder| folder.read_dir().ok()).flatten().flatten() {
                println!("{:>12} {}", entry.metadata().map_or(0, |file| file.len()), entry.path().display());
            }
            return false;
        }
    }
    println!("power cut on {}, {:?}, seed {}: {}", name(fs), rounds.kind, rounds.seed, course.counts);
    true
}

fn name(fs: FileSystem) -> &'static str {
    match fs {
        FileSystem::Ext4 => "ext4",
        FileSystem::Xfs => "xfs",
    }
}

/// A mounted file system in a file.
struct Disk {
    image: PathBuf,
    mount_point: PathBuf,
    cutter: Cutter,
}

impl Disk {
    /// Makes and mounts it, and tries a cut; or says what is lacking.
    fn new(directory: &Path, fs: FileSystem) -> Result<Disk, String> {
        let (image, mount_point) = (directory.join("image"), directory.join("mounted"));
        let mut disk = Disk { image, mount_point, cutter: Cutter::start()? };
        let image = File::create(&disk.image).and_then(|image| image.set_len(IMAGE_BYTES));
        image.and_then(|()| std::fs::create_dir(&disk.mount_point)).map_err(|error| error.to_string())?;
        let (program, quiet) = match fs {
            FileSystem::Ext4 => ("mkfs.ext4", "-qF"),
            FileSystem::Xfs => ("mkfs.xfs", "-qf"),
        };
        call(Command::new(program).arg(quiet).arg(&disk.image))?;
        disk.mount()?;
        disk.cut(Journal::Lost)?;
        if File::create(disk.mount_point.join("dead")).is_ok() {
            return Err("the file system continues after a shutdown".to_owned());
        }
        disk.mount_again()?;
        Ok(disk)
    }

    fn mount(&self) -> Result<(), String> {
        call(Command::new("mount").args(["-o", "loop"]).args([&self.image, &self.mount_point]))
    }

    fn cut(&mut self, journal: Journal) -> Result<u64, String> {
        self.cutter.cut(&self.mount_point, journal)
    }

    fn mount_again(&self) -> Result<(), String> {
        call(Command::new("umount").arg(&self.mount_point))?;
        self.mount()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It may not be mounted.
        let _ = call(Command::new("umount").arg(&self.mount_point));
    }
}

/// Runs a program; what it says when it fails, or that it is lacking.
fn call(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
