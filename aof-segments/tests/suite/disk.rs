//! A disk under the segments: a real directory, whose unsynced names and sectors can be lost, whose calls can fail, and whose
//! room is bounded.

use crate::images::{Images, Inode, retain};
use aof_api::{Error, Result};
use aof_file::system::{Access, FileStatus, OpenFile, OsSystem, System};
use aof_testkit::{Call, Random, Trouble};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IoSlice, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

#[derive(Debug)]
pub(crate) struct Disk {
    directory: PathBuf,
    /// Without power, nothing that a thread of before does reaches the disk.
    is_on: RwLock<bool>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    images: Images,
    /// Which file has a number of the file system now: it gives the numbers of removed files to new ones.
    files: BTreeMap<u64, Inode>,
    made: Inode,
    /// Files whose sync failed: the page cache shows what the disk does not have.
    stale: Vec<Inode>,
    /// How many bytes of log fit.
    capacity: u64,
    failing: Option<Call>,
    /// What is there when it comes back.
    left: BTreeMap<OsString, Vec<u8>>,
}

fn failure() -> io::Error {
    io::Error::other("the disk fails")
}

impl Disk {
    pub(crate) fn new(directory: &Path) -> Disk {
        let state = State {
            images: Images::default(),
            files: BTreeMap::new(),
            made: 0,
            stale: Vec::new(),
            capacity: u64::MAX,
            failing: None,
            left: BTreeMap::new(),
        };
        Disk { directory: directory.to_owned(), is_on: RwLock::new(true), state: Mutex::new(state) }
    }

    /// Fails as the system does where a test has ended, and its directory is gone, before a writer has.
    fn inode(&self, path: &Path) -> io::Result<Inode> {
        Ok(self.file(&fs::metadata(path)?))
    }

    fn inode_of(&self, file: &OpenFile) -> Inode {
        self.file(&file.file().metadata().expect("an open file can be looked at"))
    }

    fn file(&self, metadata: &fs::Metadata) -> Inode {
        let mut guard = self.state();
        let state = &mut *guard;
        *state.files.entry(metadata.ino()).or_insert_with(|| {
            state.made += 1;
            state.made
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fails(&self, call: Call) -> bool {
        self.state().failing.take_if(|failing| *failing == call).is_some()
    }

    /// The power, which stays until this call is done.
    fn check_on(&self) -> io::Result<RwLockReadGuard<'_, bool>> {
        let is_on = self.is_on.read().unwrap_or_else(PoisonError::into_inner);
        if *is_on { Ok(is_on) } else { Err(io::Error::other("the power is gone")) }
    }

    fn switch(&self, on: bool) {
        *self.is_on.write().unwrap_or_else(PoisonError::into_inner) = on;
    }

    pub(crate) fn bound(&self, capacity: u64) {
        self.state().capacity = capacity;
    }

    pub(crate) fn trouble(&self, trouble: Trouble) -> Result<()> {
        let Trouble::Fails(call @ (Call::Read | Call::Write | Call::Checkpoint | Call::Truncate | Call::Prune)) =
            trouble
        else {
            return Err(Error::Unsupported { what: "such trouble with a disk" });
        };
        self.state().failing = Some(call);
        Ok(())
    }

    fn names(&self) -> io::Result<BTreeMap<OsString, Inode>> {
        let mut names = BTreeMap::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            // Another thread may rename or remove one meanwhile.
            if let Ok(metadata) = fs::metadata(entry.path()) {
                names.insert(entry.file_name(), self.file(&metadata));
            }
        }
        Ok(names)
    }

    /// The power goes: what is left is chosen now.
    pub(crate) fn lose_power(&self, seed: u64) {
        // No call is half done, and none begins: names and contents are of one moment.
        self.switch(false);
        let names = self.names().expect("the directory was made before");
        let contents =
            names.iter().filter_map(|(name, inode)| Some((*inode, fs::read(self.directory.join(name)).ok()?)));
        let contents = contents.collect();
        let mut state = self.state();
        state.left = state.images.crash(&names, &contents, seed);
    }

    /// The power is back, and the writer of before is gone.
    pub(crate) fn come_back(&self) {
        for name in self.names().expect("the directory was made before").keys() {
            fs::remove_file(self.directory.join(name)).expect("a temporary directory can be written");
        }
        let left = {
            let mut state = self.state();
            state.images = Images::default();
            state.files.clear();
            state.stale.clear();
            std::mem::take(&mut state.left)
        };
        for (name, content) in left {
            let path = self.directory.join(&name);
            fs::write(&path, &content).expect("a temporary directory can be written");
            let inode = self.inode(&path).expect("it was just written");
            let mut state = self.state();
            state.images.names.insert(name, inode);
            state.images.contents.insert(inode, content);
        }
        self.switch(true);
    }

    fn sync(&self, file: &OpenFile) -> io::Result<()> {
        let _on = self.check_on()?;
        let inode = self.inode_of(file);
        let fails = is_log(file.path()) && self.fails(Call::Checkpoint);
        let mut state = self.state();
        if fails {
            let live = read_whole(file)?;
            let durable = state.images.contents.entry(inode).or_default();
            *durable = retain(durable, &live, &mut Random::new(live.len() as u64));
            state.stale.push(inode);
            return Err(failure());
        }
        let Some(from) = state.images.dirty_from.remove(&inode) else { return Ok(()) };
        // A second sync finds nothing dirty.
        if state.stale.contains(&inode) {
            return Ok(());
        }
        let durable = state.images.contents.entry(inode).or_default();
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(durable.len());
        durable.truncate(from);
        let mut live = fs::File::open(path_of(file))?;
        live.seek(SeekFrom::Start(from as u64))?;
        live.read_to_end(durable)?;
        Ok(())
    }

    /// The file was changed from here on. Said after the change, so that no sync takes it for one that it has seen.
    fn changed(&self, file: &OpenFile, from: u64) {
        let inode = self.inode_of(file);
        self.state().images.changed(inode, from);
    }
}

fn is_log(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".aof") || name.starts_with("spare-")
}

/// The file itself, also where it was renamed by now.
fn path_of(file: &OpenFile) -> PathBuf {
    use std::os::fd::AsRawFd;
    PathBuf::from(format!("/proc/self/fd/{}", file.file().as_raw_fd()))
}

fn read_whole(file: &OpenFile) -> io::Result<Vec<u8>> {
    fs::read(path_of(file))
}

impl System for Disk {
    fn open(&self, path: &Path, access: Access) -> io::Result<OpenFile> {
        if access != Access::Read {
            let _on = self.check_on()?;
        }
        let is_new = !path.exists();
        let file = OsSystem.open(path, access)?;
        if is_new {
            let number = file.file().metadata()?.ino();
            self.state().files.remove(&number);
        }
        Ok(file)
    }

    fn file_status(&self, file: &OpenFile) -> io::Result<FileStatus> {
        OsSystem.file_status(file)
    }

    fn path_status(&self, path: &Path) -> io::Result<FileStatus> {
        OsSystem.path_status(path)
    }

    fn read_at(&self, file: &OpenFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if is_log(file.path()) && self.fails(Call::Read) { Err(failure()) } else { OsSystem.read_at(file, buf, offset) }
    }

    fn write_at(&self, file: &OpenFile, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let _on = self.check_on()?;
        // Not byte by byte: zeros ahead are megabytes.
        let all = parts.iter().map(|part| &**part).collect::<Vec<_>>().concat();
        let is_log = is_log(file.path());
        if is_log && self.fails(Call::Write) {
            // As much as one page of it went out before the failure.
            OsSystem.write_at(file, &[IoSlice::new(&all[..all.len() / 2])], offset)?;
            self.changed(file, offset);
            return Err(failure());
        }
        let room = if is_log { self.room(file, offset) } else { u64::MAX };
        if room == 0 && !all.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // A file system takes what fits, and says so at the next call.
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(all.len());
        let written = OsSystem.write_at(file, &[IoSlice::new(&all[..fits])], offset);
        self.changed(file, offset);
        written
    }

    fn set_len(&self, file: &OpenFile, len: u64) -> io::Result<()> {
        let _on = self.check_on()?;
        if is_log(file.path()) && self.fails(Call::Truncate) {
            return Err(failure());
        }
        let set = OsSystem.set_len(file, len);
        self.changed(file, len);
        set
    }

    fn sync_data(&self, file: &OpenFile) -> io::Result<()> {
        self.sync(file)
    }

    fn sync_all(&self, file: &OpenFile) -> io::Result<()> {
        self.sync(file)
    }

    fn sync_directory_of(&self, path: &Path) -> io::Result<()> {
        let _on = self.check_on()?;
        if path.parent() == Some(&*self.directory) {
            let names = self.names()?;
            self.state().images.names = names;
        }
        Ok(())
    }

    fn start_writeback(&self, _file: &OpenFile, _offset: u64, _len: u64) -> io::Result<()> {
        Ok(())
    }

    fn drop_cache(&self, file: &OpenFile) -> io::Result<()> {
        let inode = self.inode_of(file);
        let mut state = self.state();
        if let Some(index) = state.stale.iter().position(|stale| *stale == inode) {
            state.stale.swap_remove(index);
            let durable = state.images.contents.get(&inode).cloned().unwrap_or_default();
            fs::write(path_of(file), durable)?;
        }
        Ok(())
    }

    fn next_data(&self, file: &OpenFile, offset: u64) -> io::Result<u64> {
        OsSystem.next_data(file, offset)
    }

    fn free_bytes(&self, file: &OpenFile) -> io::Result<u64> {
        let len = OsSystem.file_status(file)?.len;
        Ok(self.room(file, len))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let _on = self.check_on()?;
        if self.fails(Call::Truncate) {
            return Err(failure());
        }
        // A file that lost its name without a sync may have it again.
        let inode = self.inode(path)?;
        let content = fs::read(path)?;
        OsSystem.remove(path)?;
        let mut state = self.state();
        if state.images.names.values().any(|named| *named == inode) {
            state.images.contents.entry(inode).or_insert(content);
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let _on = self.check_on()?;
        if to.ends_with("start") && self.fails(Call::Prune) {
            return Err(failure());
        }
        OsSystem.rename(from, to)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        let _on = self.check_on()?;
        OsSystem.rename_new(from, to)
    }

    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        OsSystem.exchange(one, other)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsSystem.link(from, to)
    }

    fn give_as(&self, original: &OpenFile, new: &OpenFile, mode_max: u32) -> io::Result<()> {
        OsSystem.give_as(original, new, mode_max)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        OsSystem.list(path)
    }

    fn create_directory(&self, path: &Path, mode: u32) -> io::Result<()> {
        OsSystem.create_directory(path, mode)
    }
}

impl Disk {
    /// How many bytes fit after `offset` of this file, beside the other segments.
    fn room(&self, file: &OpenFile, offset: u64) -> u64 {
        let capacity = self.state().capacity;
        if capacity == u64::MAX {
            return u64::MAX;
        }
        let own = self.inode_of(file);
        // Without a directory, there is no room.
        let Ok(names) = self.names() else { return 0 };
        let others = names.into_iter().filter(|(name, inode)| *inode != own && is_log(Path::new(name)));
        let used: u64 = others.map(|(name, _)| fs::metadata(self.directory.join(name)).map_or(0, |it| it.len())).sum();
        capacity.saturating_sub(used).saturating_sub(offset)
    }
}
