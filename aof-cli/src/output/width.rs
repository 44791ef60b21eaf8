//! How wide the terminal is.

use std::io::IsTerminal;

/// Characters in a row of standard output, where that is a terminal.
pub(crate) fn of_output() -> Option<usize> {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return None;
    }
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(&out).ok()?;
        Some(usize::from(size.ws_col)).filter(|width| *width > 0)
    }
    #[cfg(not(unix))]
    None
}
