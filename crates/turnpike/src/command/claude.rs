//! `turnpike claude`: its settings, changed here and now. A service is not needed, least of all for taking them back.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use turnpike_api::Command as _;
use turnpike_api::command::{
    ApplyClaude, ClaudeOptions, ClaudeReply, ClaudeState, DiffKind, DiffLine, UndoClaude,
};
use turnpike_control::claude::Client;

use super::{env, run};
use crate::cli::{ClaudeAction, ClaudeApplyArgs, RunArgs};
use crate::exit::{Exit, Failure, as_sentence};
use crate::own;
use crate::place::Place;
use crate::table::printable;

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// One terminal, without any change.
    Try,
    /// Connect all.
    Connect,
    /// Nothing.
    Cancel,
}

pub(crate) fn run(place: &Place, action: &ClaudeAction) -> Result<(), Failure> {
    match action {
        ClaudeAction::Show { json } => show(place, *json),
        ClaudeAction::Apply(args) => apply(place, args),
        ClaudeAction::Undo { dry_run } => undo(place, *dry_run),
    }
}

/// The client, with the environment as far as it is known. For the way back it need not be.
fn client(place: &Place) -> Result<(Client, Vec<String>), Failure> {
    let reply = env::of(place)?;
    Ok((Client::new(&place.data_dir, reply.variables)?, reply.warnings))
}

fn show(place: &Place, json: bool) -> Result<(), Failure> {
    let (client, _) = client(place)?;
    let reply = client.show(None)?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::json(&reply)?)?);
    }
    writeln!(out, "{}: {}", reply.path, standing(reply.state))?;
    write_links(&reply, &mut out)?;
    if !reply.connect.is_empty() {
        let what = if reply.state.is_connected() { "brings it up to date" } else { "connects it" };
        writeln!(out, "\n{} {what}:", own::lines("`turnpike claude apply`"))?;
        write_diff(&reply.connect, &mut out)?;
    }
    write_notes(&reply, &mut out)?;
    Ok(())
}

fn apply(place: &Place, args: &ClaudeApplyArgs) -> Result<(), Failure> {
    let (client, warnings) = client(place)?;
    let asked = ClaudeOptions {
        token_by_command: args.token_by_command,
        default_mode: args.ask_first,
        status_line: args.status_line,
    };
    let options = (asked != ClaudeOptions::default()).then_some(asked);
    let reply = client.show(options)?;
    let mut out = io::stdout().lock();
    if let Some(problem) = &reply.problem {
        return Err(Failure::plain(problem.clone()));
    }
    if reply.connect.is_empty() {
        return Ok(writeln!(out, "{} is as it should be: nothing to change.", reply.path)?);
    }
    writeln!(out, "{}", reply.path)?;
    write_links(&reply, &mut out)?;
    write_diff(&reply.connect, &mut out)?;
    write_notes(&reply, &mut out)?;
    writeln!(out, "\n{}", reply.sentence)?;
    if args.dry_run {
        return Ok(writeln!(out, "Nothing was changed.")?);
    }
    match if args.yes { Choice::Connect } else { ask(&reply, &mut out)? } {
        Choice::Try => {
            drop(out);
            return run::run(place, RunArgs { model: None, command: vec!["claude".into()] });
        }
        Choice::Cancel => return Ok(writeln!(out, "Nothing was changed.")?),
        Choice::Connect => {}
    }
    let asked = ApplyClaude { options, revision: Some(reply.revision) };
    client.apply(&asked)?;
    place.keep(ApplyClaude::NAME, &asked);
    writeln!(
        out,
        "{}",
        own::lines("Claude Code is connected. `turnpike claude undo` puts back what was there.")
    )?;
    for warning in warnings {
        let _ = writeln!(io::stderr(), "turnpike: {}", as_sentence(&warning));
    }
    Ok(())
}

fn undo(place: &Place, dry_run: bool) -> Result<(), Failure> {
    // What the environment would be is not needed to take it back.
    let client = Client::new(&place.data_dir, Vec::new())?;
    let before = client.show(None)?;
    let mut out = io::stdout().lock();
    if before.state == ClaudeState::Disconnected {
        return Ok(writeln!(out, "{} holds nothing of Turnpike's: nothing to change.", before.path)?);
    }
    write_diff(&before.disconnect, &mut out)?;
    write_left(&before.left, &mut out)?;
    if dry_run {
        return Ok(writeln!(out, "Nothing was changed.")?);
    }
    let asked = UndoClaude { revision: Some(before.revision) };
    client.undo(&asked)?;
    place.keep(UndoClaude::NAME, &asked);
    writeln!(out, "Claude Code is disconnected: {} is as it was for our keys.", before.path)?;
    // The client sets what stands in its settings anew while it runs, and unsets nothing.
    if before.state.is_connected() && before.running_sessions != Some(0) {
        writeln!(out, "Sessions that run stay with Turnpike until they are started again.")?;
    }
    Ok(())
}

/// Which of the three it is to be. The default changes nothing.
fn ask(reply: &ClaudeReply, out: &mut impl Write) -> Result<Choice, Failure> {
    if !io::stdin().is_terminal() {
        let sentence = "nobody can be asked here: repeat this with --yes, or with --dry-run to look only";
        return Err(Failure::of(Exit::Usage, sentence));
    }
    writeln!(out, "  t  Try in one terminal: {} (default)", reply.try_command)?;
    writeln!(out, "  c  Connect all")?;
    writeln!(out, "  x  Cancel")?;
    write!(out, "t, c or x? ")?;
    out.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Ok(Choice::Cancel);
    }
    Ok(choice(&line))
}

fn choice(line: &str) -> Choice {
    match line.trim().to_ascii_lowercase().as_str() {
        "" | "t" | "try" => Choice::Try,
        "c" | "connect" => Choice::Connect,
        _ => Choice::Cancel,
    }
}

const fn standing(state: ClaudeState) -> &'static str {
    match state {
        ClaudeState::Disconnected => "Claude Code is not connected",
        ClaudeState::Connected => "Claude Code is connected",
        ClaudeState::Outdated => "Claude Code is connected, but not as it should be now",
        ClaudeState::Suspended => "Claude Code is disconnected until the service starts",
    }
}

fn write_links(reply: &ClaudeReply, out: &mut impl Write) -> io::Result<()> {
    match &reply.link_to {
        Some(link) => writeln!(out, "(a link to {link})"),
        None => Ok(()),
    }
}

fn write_diff(lines: &[DiffLine], out: &mut impl Write) -> io::Result<()> {
    for line in lines {
        let sign = match line.kind {
            DiffKind::Same => ' ',
            DiffKind::Removed => '-',
            DiffKind::Added => '+',
            DiffKind::Gap => '⋮',
        };
        writeln!(out, "{sign} {}", printable(&line.text))?;
    }
    Ok(())
}

fn write_notes(reply: &ClaudeReply, out: &mut impl Write) -> io::Result<()> {
    for note in reply.problem.iter().chain(&reply.notes) {
        writeln!(out, "⚠ {}", printable(&as_sentence(note)))?;
    }
    write_left(&reply.left, out)
}

fn write_left(left: &[String], out: &mut impl Write) -> io::Result<()> {
    for key in left {
        writeln!(out, "⚠ `{}` was changed by somebody else since, so it stays as it is.", printable(key))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_word_changes_anything() {
        for (line, expected) in [
            ("\n", Choice::Try),
            ("t\n", Choice::Try),
            (" C \n", Choice::Connect),
            ("connect", Choice::Connect),
            ("y\n", Choice::Cancel),
            ("x", Choice::Cancel),
        ] {
            assert_eq!(choice(line), expected, "{line:?}");
        }
    }
}
