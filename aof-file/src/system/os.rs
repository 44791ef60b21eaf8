use super::{Access, FileStatus, OpenFile, System};
#[cfg(target_os = "linux")]
use rustix::{
    fs::{AtFlags, CWD, FileType, StatxFlags, makedev},
    io::Errno,
};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, IoSlice};
#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::path::Path;
use tempfile::TempPath;

/// The operating system itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsSystem;

impl System for OsSystem {
    fn open(&self, path: &Path, access: Access) -> io::Result<OpenFile> {
        let mut options = OpenOptions::new();
        match access {
            Access::Read => options.read(true),
            Access::Write => options.read(true).write(true),
            Access::WriteOrCreate { .. } => options.read(true).write(true).create(true).truncate(false),
            Access::CreateNew { .. } => options.write(true).create_new(true),
        };
        open_flags(&mut options, access);
        Ok(OpenFile::new(options.open(path)?, path.to_owned()))
    }

    fn file_status(&self, file: &OpenFile) -> io::Result<FileStatus> {
        status_of_file(file.file())
    }

    fn path_status(&self, path: &Path) -> io::Result<FileStatus> {
        status_of_path(path)
    }

    fn read_at(&self, file: &OpenFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        read_at(file.file(), buf, offset)
    }

    fn write_at(&self, file: &OpenFile, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        write_at(file.file(), parts, offset)
    }

    fn set_len(&self, file: &OpenFile, len: u64) -> io::Result<()> {
        file.file().set_len(len)
    }

    fn sync_data(&self, file: &OpenFile) -> io::Result<()> {
        file.file().sync_data()
    }

    fn sync_all(&self, file: &OpenFile) -> io::Result<()> {
        file.file().sync_all()
    }

    fn sync_directory_of(&self, path: &Path) -> io::Result<()> {
        sync_directory_of(path)
    }

    fn start_writeback(&self, file: &OpenFile, offset: u64, len: u64) -> io::Result<()> {
        start_writeback(file.file(), offset, len)
    }

    fn drop_cache(&self, file: &OpenFile) -> io::Result<()> {
        drop_cache(file.file())
    }

    fn free_bytes(&self, file: &OpenFile) -> io::Result<u64> {
        free_bytes(file.file())
    }

    fn next_data(&self, file: &OpenFile, offset: u64) -> io::Result<u64> {
        next_data(file.file(), offset)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut path = TempPath::try_from_path(from)?;
        // It is no temporary file: where this fails, it keeps its name.
        path.disable_cleanup(true);
        path.persist_noclobber(to).map_err(|failed| failed.error)
    }

    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        exchange(one, other)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn give_as(&self, original: &OpenFile, new: &OpenFile, mode_max: u32) -> io::Result<()> {
        let [wanted, found] = [original.file().metadata()?, new.file().metadata()?];
        give_to_owner(new.file(), &wanted, &found)?;
        // After the owner, because a change of owner takes permissions away.
        new.file().set_permissions(limited(wanted.permissions(), mode_max))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    fn create_directory(&self, path: &Path, mode: u32) -> io::Result<()> {
        create_directory(path, mode)
    }
}

#[cfg(unix)]
fn create_directory(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(mode).create(path)
}

#[cfg(not(unix))]
fn create_directory(path: &Path, _: u32) -> io::Result<()> {
    fs::create_dir(path)
}

#[cfg(unix)]
fn open_flags(options: &mut OpenOptions, access: Access) {
    use std::os::unix::fs::OpenOptionsExt;
    // A fifo that was put in place of the log must be refused, not waited for. Regular files do not care.
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    if let Access::CreateNew { mode } | Access::WriteOrCreate { mode } = access {
        options.mode(mode);
    }
}

#[cfg(not(unix))]
fn open_flags(_: &mut OpenOptions, _: Access) {}

/// What of the permissions `mode_max` has too.
#[cfg(unix)]
fn limited(permissions: fs::Permissions, mode_max: u32) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(permissions.mode() & (mode_max | !0o777))
}

#[cfg(not(unix))]
fn limited(permissions: fs::Permissions, _: u32) -> fs::Permissions {
    permissions
}

#[cfg(unix)]
fn give_to_owner(file: &File, wanted: &Metadata, found: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    if (wanted.uid(), wanted.gid()) == (found.uid(), found.gid()) {
        return Ok(());
    }
    fchown(file, Some(wanted.uid()), Some(wanted.gid()))
}

#[cfg(not(unix))]
fn give_to_owner(_: &File, _: &Metadata, _: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn status_of_file(file: &File) -> io::Result<FileStatus> {
    match statx(file, "", AtFlags::EMPTY_PATH) {
        Err(Errno::NOSYS) => file.metadata().map(|metadata| status(&metadata)),
        result => Ok(result?),
    }
}

#[cfg(target_os = "linux")]
fn status_of_path(path: &Path) -> io::Result<FileStatus> {
    match statx(CWD, path, AtFlags::empty()) {
        Err(Errno::NOSYS) => fs::metadata(path).map(|metadata| status(&metadata)),
        result => Ok(result?),
    }
}

/// Asks for everything but times. Who asks for the times of a file, which `stat(2)` does, makes Linux note a finer time
/// at the next write, and the sync after that has an inode to write too: every checkpoint looks at the file.
#[cfg(target_os = "linux")]
fn statx<P: rustix::path::Arg>(directory: impl AsFd, path: P, flags: AtFlags) -> Result<FileStatus, Errno> {
    let wanted = StatxFlags::TYPE | StatxFlags::MODE | StatxFlags::NLINK | StatxFlags::INO | StatxFlags::SIZE;
    let found = rustix::fs::statx(directory, path, flags, wanted)?;
    let kind = FileType::from_raw_mode(found.stx_mode.into());
    Ok(FileStatus {
        len: found.stx_size,
        is_file: kind == FileType::RegularFile,
        is_directory: kind == FileType::Directory,
        mode: u32::from(found.stx_mode) & 0o777,
        is_removed: found.stx_nlink == 0,
        identity: Some((makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino)),
    })
}

#[cfg(not(target_os = "linux"))]
fn status_of_file(file: &File) -> io::Result<FileStatus> {
    file.metadata().map(|metadata| status(&metadata))
}

#[cfg(not(target_os = "linux"))]
fn status_of_path(path: &Path) -> io::Result<FileStatus> {
    fs::metadata(path).map(|metadata| status(&metadata))
}

#[cfg(unix)]
fn status(metadata: &Metadata) -> FileStatus {
    use std::os::unix::fs::MetadataExt;
    FileStatus {
        len: metadata.len(),
        is_file: metadata.is_file(),
        is_directory: metadata.is_dir(),
        mode: metadata.mode() & 0o777,
        is_removed: metadata.nlink() == 0,
        identity: Some((metadata.dev(), metadata.ino())),
    }
}

#[cfg(not(unix))]
fn status(metadata: &Metadata) -> FileStatus {
    FileStatus {
        len: metadata.len(),
        is_file: metadata.is_file(),
        is_directory: metadata.is_dir(),
        mode: 0o666,
        is_removed: false,
        identity: None,
    }
}

#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    match std::os::windows::fs::FileExt::seek_read(file, buf, offset) {
        // ERROR_HANDLE_EOF: where other systems return 0 bytes.
        Err(error) if error.raw_os_error() == Some(38) => Ok(0),
        answer => answer,
    }
}

// Apple's pwritev refuses more than `i32::MAX` bytes where others write less; `write_at` of the standard library knows.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn write_at(file: &File, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
    Ok(rustix::io::pwritev(file, parts, offset)?)
}

#[cfg(target_vendor = "apple")]
fn write_at(file: &File, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
    use std::os::unix::fs::FileExt;
    let bytes = parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(part.len()));
    if bytes.is_some_and(|bytes| i32::try_from(bytes).is_ok()) {
        return Ok(rustix::io::pwritev(file, parts, offset)?);
    }
    parts.iter().find(|part| !part.is_empty()).map_or(Ok(0), |part| file.write_at(part, offset))
}

#[cfg(windows)]
fn write_at(file: &File, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
    use std::os::windows::fs::FileExt;
    parts.iter().find(|part| !part.is_empty()).map_or(Ok(0), |part| file.seek_write(part, offset))
}

#[cfg(unix)]
fn sync_directory_of(path: &Path) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let Some(directory) = path.parent() else {
        return Ok(()); // Only `/` has none, and that is no file.
    };
    match File::open(directory)?.sync_all() {
        // Some network and user-space file systems have no notion of syncing a directory; they keep names themselves.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            tracing::debug!(directory = %directory.display(), %error, "the file system does not sync directories");
            Ok(())
        }
        answer => answer,
    }
}

#[cfg(not(unix))]
fn sync_directory_of(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Linux begins to write dirty pages that are said not to be needed, and keeps them; the call that is made for this,
/// `sync_file_range(2)`, is in no safe library.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn start_writeback(file: &File, offset: u64, len: u64) -> io::Result<()> {
    // No length would mean all of the file.
    let Some(len) = std::num::NonZeroU64::new(len) else { return Ok(()) };
    Ok(rustix::fs::fadvise(file, offset, Some(len), rustix::fs::Advice::DontNeed)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn start_writeback(_: &File, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn drop_cache(file: &File) -> io::Result<()> {
    use rustix::io::Errno;
    match rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        Ok(()) => Ok(()),
        // A file system without a page cache of this kind, or a sandbox: there is nothing to drop, or no way to.
        Err(Errno::NOSYS | Errno::OPNOTSUPP | Errno::SPIPE) => {
            tracing::debug!("the file system does not take posix_fadvise");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn drop_cache(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(|error| match error {
        Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn free_bytes(file: &File) -> io::Result<u64> {
    let status = rustix::fs::fstatvfs(file)?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &File) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn next_data(file: &File, offset: u64) -> io::Result<u64> {
    use rustix::fs::SeekFrom;
    use rustix::io::Errno;
    match rustix::fs::seek(file, SeekFrom::Data(offset)) {
        Ok(data) => Ok(data),
        // No data follows.
        Err(Errno::NXIO) => Ok(file.metadata()?.len().max(offset)),
        // A file system that does not know, or an offset past the largest.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::OVERFLOW) => Ok(offset),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn next_data(_: &File, offset: u64) -> io::Result<u64> {
    Ok(offset)
}
