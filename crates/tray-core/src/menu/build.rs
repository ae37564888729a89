//! The entries, from top to bottom.

use turnpike_wire::money::NanoUsd;

use super::Entry;
use super::action::{Action, EnvironmentShell};
use super::state::{Choice, Limit, LiveRow, Power, Role, TrayState};

/// The longest line of the menu's head, in characters. A reason goes on in further lines: what to do stands at its end.
const MOST_LINE: usize = 80;
/// How many lines the head has at most.
const MOST_LINES: usize = 4;

/// A line that is being filled with words.
#[derive(Default)]
struct Line(Vec<char>);

/// Which icon is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IconState {
    /// Nothing is served.
    Stopped,
    /// It runs, and nothing happens.
    Running,
    /// Requests run.
    Busy,
    /// A model is limited.
    Limited,
    /// A person has to look.
    Error,
}

/// The icon that belongs to a state.
#[must_use]
pub fn icon(state: &TrayState) -> IconState {
    match &state.power {
        _ if state.needs.is_some() => IconState::Error,
        Power::SetUpNeeded | Power::Stopped | Power::Down | Power::Starting => IconState::Stopped,
        Power::Quitting(_) => IconState::Busy,
        Power::Running if !state.limits.is_empty() => IconState::Limited,
        Power::Running if state.live.is_empty() => IconState::Running,
        Power::Running => IconState::Busy,
    }
}

/// What is shown beside the pointer.
#[must_use]
pub fn tooltip(state: &TrayState) -> String {
    let mut lines = vec![format!("Turnpike {}", wrapped(&headline(state)).join(" "))];
    lines.extend(today(state));
    lines.extend(state.takes.as_ref().map(|takes| format!("Service {takes}")));
    lines.join("\n")
}

/// The menu, top to bottom.
#[must_use]
pub fn menu(state: &TrayState) -> Vec<Entry> {
    match state.power {
        Power::SetUpNeeded => first_start(state),
        Power::Quitting(_) => {
            head(state).into_iter().chain([click("quit", "Quit now", Action::Quit)]).collect()
        }
        Power::Starting | Power::Down => {
            let start = (state.power == Power::Down).then(|| click("toggle", "Start", Action::StartService));
            let open = click("open", "Open Turnpike", Action::Open { view: "" });
            head(state).into_iter().chain(start).chain([separator("2"), open]).chain(foot(state)).collect()
        }
        Power::Running | Power::Stopped => whole(state),
    }
}

fn first_start(state: &TrayState) -> Vec<Entry> {
    let mut entries = head(state);
    entries.extend([
        click("key", "Add OpenRouter key…", Action::Open { view: "setup" }),
        click("demo", "Try the demo", Action::TryDemo),
        click("quit", "Quit", Action::Quit),
    ]);
    entries
}

fn whole(state: &TrayState) -> Vec<Entry> {
    let toggle = match state.power {
        Power::Running => click("toggle", "Stop", Action::Stop),
        _ => click("toggle", "Start", Action::Start),
    };
    let mut entries = head(state);
    entries.extend([toggle, separator("1")]);
    let above = entries.len();
    entries.extend(today(state).map(|text| read("today", text)));
    entries.extend(state.free.map(|(left, all)| read("free", format!("Free requests {left} of {all} left"))));
    entries.extend(live(state));
    entries.extend(state.limits.iter().enumerate().map(limit));
    if entries.len() > above {
        entries.push(separator("2"));
    }
    let before_targets = entries.len();
    entries.extend(state.roles.iter().map(role));
    entries.extend(state.preset.as_ref().map(|preset| {
        let title = if preset.title.is_empty() { "Your own" } else { &preset.title };
        let set = |choice: &Choice| Action::SetPreset { name: choice.name.clone() };
        submenu("preset", format!("Preset: {title}"), choices("preset", &preset.choices, set))
    }));
    if entries.len() > before_targets {
        entries.push(separator("3"));
    }
    entries.push(match state.is_connected {
        Some(true) => click("claude", "Disconnect Claude Code", Action::DisconnectClaude),
        Some(false) | None => click("claude", "Connect Claude Code…", Action::ConnectClaude),
    });
    let shells = EnvironmentShell::ALL
        .map(|shell| click(&format!("env.{}", shell.title()), shell.title(), Action::CopyEnvironment(shell)));
    entries.push(submenu("env", "Copy environment", shells.to_vec()));
    entries.push(click("open", "Open Turnpike", Action::Open { view: "" }));
    entries.extend(foot(state));
    entries
}

fn foot(state: &TrayState) -> Vec<Entry> {
    let autostart = state.autostart.map(|is_on| Entry::Item {
        id: "autostart".to_owned(),
        text: "Start at login".to_owned(),
        checked: Some(is_on),
        action: Some(Action::SetAutostart(!is_on)),
    });
    // A service that somebody else has started goes on, and its requests with it.
    let quit = match state.live.len() {
        live if live > 0 && state.ends_service => format!("Quit, finishes {}", count(live, "request")),
        _ => "Quit".to_owned(),
    };
    [separator("4")].into_iter().chain(autostart).chain([click("quit", quit, Action::Quit)]).collect()
}

/// The headline, in as many lines as it needs.
fn head(state: &TrayState) -> Vec<Entry> {
    let line = |(place, text): (usize, String)| match place {
        0 => read("state", text),
        _ => read(&format!("state.{place}"), text),
    };
    wrapped(&headline(state)).into_iter().enumerate().map(line).collect()
}

/// What stands first: a sign, a word, the address or the reason.
fn headline(state: &TrayState) -> String {
    if let Some(reason) = &state.needs {
        return format!("✕ {reason}");
    }
    let address = &state.address;
    match &state.power {
        Power::SetUpNeeded => "○ Set up needed".to_owned(),
        Power::Starting => "◐ Starting".to_owned(),
        Power::Running if !state.limits.is_empty() => format!("⚠ Limited · {address}"),
        Power::Running => format!("● Running · {address}"),
        Power::Stopped => format!("○ Stopped · {address}"),
        Power::Down => "○ Stopped".to_owned(),
        Power::Quitting(0) => "◐ Ending".to_owned(),
        Power::Quitting(live) => format!("◐ Finishing {}", count(*live, "request")),
    }
}

fn today(state: &TrayState) -> Option<String> {
    let spent = NanoUsd(state.today_nanos?).display_about(state.today_is_about);
    Some(match state.cap_nanos {
        Some(cap) => format!("Today {spent} of {}", NanoUsd(cap).display()),
        None => format!("Today {spent}"),
    })
}

fn live(state: &TrayState) -> Option<Entry> {
    if state.live.is_empty() {
        return None;
    }
    let cost = state.live_nanos.map_or_else(String::new, |nanos| format!(" · {}", NanoUsd(nanos).display()));
    let text = format!("{} running{cost}", count(state.live.len(), "request"));
    let row = |row: &LiveRow| {
        let project = row.project.as_deref().map_or_else(String::new, |project| format!("{project} · "));
        let text = format!("{project}{} · {} tok/s · Cancel", row.model, row.tokens_per_second);
        click(&format!("live.{}", row.id), text, Action::Cancel { id: row.id })
    };
    Some(submenu("live", text, state.live.iter().map(row).collect()))
}

fn limit((place, limit): (usize, &Limit)) -> Entry {
    let until = limit.until.as_ref().map_or_else(String::new, |until| format!(" until {until}"));
    let instead = limit.instead.as_ref().map_or_else(String::new, |model| format!(", using {model}"));
    read(&format!("limit.{place}"), format!("⚠ {} limited{until}{instead}", limit.model))
}

fn role(role: &Role) -> Entry {
    let id = format!("role.{}", role.name);
    let set = |choice: &Choice| Action::SetTarget { role: role.name.clone(), target: choice.name.clone() };
    let mut entries = choices(&id, &role.choices, set);
    entries.push(click(&format!("{id}.other"), "Other…", Action::Open { view: "models" }));
    submenu(&id, format!("{} → {}", role.title, role.target), entries)
}

fn choices(id: &str, choices: &[Choice], action: impl Fn(&Choice) -> Action) -> Vec<Entry> {
    let entry = |choice: &Choice| Entry::Item {
        id: format!("{id}.{}", choice.name),
        text: choice.title.clone(),
        checked: Some(choice.is_current),
        action: Some(action(choice)),
    };
    choices.iter().map(entry).collect()
}

fn read(id: &str, text: impl Into<String>) -> Entry {
    Entry::Item { id: id.to_owned(), text: text.into(), checked: None, action: None }
}

fn click(id: &str, text: impl Into<String>, action: Action) -> Entry {
    Entry::Item { id: id.to_owned(), text: text.into(), checked: None, action: Some(action) }
}

fn submenu(id: &str, text: impl Into<String>, entries: Vec<Entry>) -> Entry {
    Entry::Submenu { id: id.to_owned(), text: text.into(), entries }
}

fn separator(id: &str) -> Entry {
    Entry::Separator { id: format!("separator.{id}") }
}

fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Lines that a menu has room for, broken between words; a word that is longer than a line is broken itself. What is
/// beyond the last line is cut off.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = Line::default();
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        while !line.takes(&rest) {
            if rest.len() > MOST_LINE {
                let tail = rest.split_off(line.room().min(rest.len()));
                line.add(&rest);
                rest = tail;
            }
            lines.push(std::mem::take(&mut line).0.into_iter().collect());
        }
        line.add(&rest);
    }
    lines.push(line.0.into_iter().collect());
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        if let Some(last) = lines.last_mut() {
            *last = last.chars().take(MOST_LINE - 1).chain(['…']).collect();
        }
    }
    lines
}

// === impl Line ===

impl Line {
    /// Characters that still fit, behind a space.
    fn room(&self) -> usize {
        if self.0.is_empty() { MOST_LINE } else { MOST_LINE.saturating_sub(self.0.len() + 1) }
    }

    fn takes(&self, word: &[char]) -> bool {
        word.len() <= self.room()
    }

    fn add(&mut self, word: &[char]) {
        if !self.0.is_empty() && !word.is_empty() {
            self.0.push(' ');
        }
        self.0.extend_from_slice(word);
    }
}
