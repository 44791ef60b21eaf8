//! `aof completions` and `aof man`: what the command line says about itself, for shells and for `man`.

use crate::command_line::Arguments;
use crate::command_line::manual::{CompletionsArguments, ManArguments};
use crate::command_line::output::OutputArguments;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::any::{Completions, Manual};
use crate::output::out::Out;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

pub(crate) fn completions(arguments: &CompletionsArguments, output: &OutputArguments) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "aof", &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if arguments.shell == Shell::Bash {
        text = with_files(&text);
    }
    if output.json {
        return print_object(&Completions { shell: arguments.shell.to_string(), text });
    }
    print(text.as_bytes())
}

/// The script for bash, in which commands that take logs complete files: as it is generated, an argument that is not a flag
/// completes flags too. An empty list of replies leaves the completion to bash, which completes files and quotes them.
fn with_files(script: &str) -> String {
    const FLAGS: &str = "COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )";
    let (mut text, mut takes_files) = (String::with_capacity(script.len()), false);
    for line in script.lines() {
        if let Some(name) = line.trim().strip_prefix("aof__subcmd__").and_then(|rest| rest.strip_suffix(')')) {
            takes_files = !matches!(name, "completions" | "man") && !name.starts_with("help");
        }
        let line = match line.trim() {
            condition if takes_files && condition.ends_with("${COMP_CWORD} -eq 2 ]] ; then") => {
                line.replace(" || ${COMP_CWORD} -eq 2 ]]", " ]]")
            }
            // The last one of a command: where the word is a flag, the first one was taken.
            FLAGS if takes_files && !line.starts_with("                ") => line.replace(FLAGS, "COMPREPLY=()"),
            _ => line.to_owned(),
        };
        text += &line;
        text.push('\n');
    }
    text
}

/// One page with every command, or the page of one.
pub(crate) fn man(arguments: &ManArguments, output: &OutputArguments) -> Outcome {
    let mut aof = Arguments::command();
    aof.build();
    let mut text = Vec::new();
    let rendered = match &arguments.command {
        None => whole(&aof, &mut text),
        Some(name) => {
            let command = aof.find_subcommand(name);
            let command = command.ok_or_else(|| Failure::Usage(format!("{name:?} is not a command of aof")))?;
            clap_mangen::Man::new(command.clone()).render(&mut text)
        }
    };
    rendered.map_err(Failure::output)?;
    if output.json {
        return print_object(&Manual { text: String::from_utf8_lossy(&text).into_owned() });
    }
    print(&text)
}

fn print_object(object: &impl json::object::Object) -> Outcome {
    let mut out = Out::of_verdict();
    json::print(&mut out, object)?;
    out.finish().map(|()| Exit::Clean)
}

/// The page of the tool, with the options of each command after its name.
fn whole(aof: &clap::Command, text: &mut Vec<u8>) -> std::io::Result<()> {
    let man = clap_mangen::Man::new(aof.clone());
    man.render_title(text)?;
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    for command in aof.get_subcommands().filter(|command| command.get_name() != "help") {
        writeln!(text, ".SH \"{}\"", command.get_name().to_uppercase())?;
        let mut page = Vec::new();
        let man = clap_mangen::Man::new(command.clone());
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        man.render_extra_section(&mut page)?;
        // Sections of a command's own page are parts of its section here.
        text.extend_from_slice(String::from_utf8_lossy(&page).replace(".SH ", ".SS ").as_bytes());
    }
    man.render_extra_section(text)?;
    man.render_version_section(text)
}

fn print(text: &[u8]) -> Outcome {
    let mut out = Out::of_verdict();
    out.write_all(text).map_err(Failure::output)?;
    out.finish().map(|()| Exit::Clean)
}
