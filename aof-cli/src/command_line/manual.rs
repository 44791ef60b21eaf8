//! The command lines of `aof completions` and `aof man`.

use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof completions bash > ~/.local/share/bash-completion/completions/aof\n  \
                        aof completions fish > ~/.config/fish/completions/aof.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell
    pub(crate) shell: Shell,
}

/// Print the manual, for `man`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof man > aof.1 && man ./aof.1\n  aof man inspect > aof-inspect.1")]
pub(crate) struct ManArguments {
    /// The manual of this command alone
    pub(crate) command: Option<String>,
}
