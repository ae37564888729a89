mod head;

use proptest::prelude::*;

use super::*;

fn choice(name: &str, title: &str, is_current: bool) -> Choice {
    Choice { name: name.to_owned(), title: title.to_owned(), is_current }
}

fn role(name: &str, title: &str, target: &str) -> Role {
    let choices = ["GPT-5.6 Terra", "GPT-5.6 Luna"].map(|model| choice(model, model, model == target));
    Role {
        name: name.to_owned(),
        title: title.to_owned(),
        target: target.to_owned(),
        choices: choices.to_vec(),
    }
}

fn live(id: i64, project: Option<&str>) -> LiveRow {
    let model = "GPT-5.6 Terra".to_owned();
    LiveRow { id, project: project.map(str::to_owned), model, tokens_per_second: 43 }
}

/// The menu as the design shows it: everything that it can show at once.
fn full() -> TrayState {
    TrayState {
        power: Power::Running,
        address: "127.0.0.1:4117".to_owned(),
        needs: None,
        today_nanos: Some(1_840_000_000),
        today_is_about: false,
        cap_nanos: Some(5_000_000_000),
        free: Some((37, 50)),
        live: vec![live(7, Some("turnpike")), live(8, None)],
        live_nanos: Some(120_000_000),
        limits: vec![Limit {
            model: "Terra".to_owned(),
            until: Some("14:32".to_owned()),
            instead: Some("DeepSeek".to_owned()),
        }],
        roles: vec![
            role("opus", "Opus", "GPT-5.6 Terra"),
            role("sonnet", "Sonnet", "GPT-5.6 Luna"),
            role("haiku", "Haiku", "GPT-5.6 Luna"),
        ],
        preset: Some(Preset {
            title: "Balanced".to_owned(),
            choices: vec![choice("balanced", "Balanced", true), choice("free", "Free", false)],
        }),
        is_connected: Some(false),
        autostart: Some(true),
        ends_service: true,
        takes: Some("up 3 h 12 min, 34 MB, 1 % of a core".to_owned()),
    }
}

/// Nothing but a key.
fn plain() -> TrayState {
    TrayState {
        today_nanos: Some(0),
        cap_nanos: None,
        free: None,
        live: vec![],
        live_nanos: None,
        limits: vec![],
        roles: vec![],
        preset: None,
        autostart: Some(false),
        ..full()
    }
}

/// The menu as text: a line each, submenus indented, ticks behind, what cannot be clicked in brackets.
fn drawn(entries: &[Entry]) -> String {
    fn draw(entries: &[Entry], indent: &str, out: &mut String) {
        for entry in entries {
            match entry {
                Entry::Separator { .. } => *out += &format!("{indent}─\n"),
                Entry::Item { text, checked, action, .. } => {
                    let tick = if *checked == Some(true) { " ✓" } else { "" };
                    let line = if action.is_some() { format!("{text}{tick}") } else { format!("[{text}]") };
                    *out += &format!("{indent}{line}\n");
                }
                Entry::Submenu { text, entries, .. } => {
                    *out += &format!("{indent}{text} ▸\n");
                    draw(entries, &format!("{indent}    "), out);
                }
            }
        }
    }
    let mut out = String::new();
    draw(entries, "", &mut out);
    out
}

const FULL: &str = "\
[⚠ Limited · 127.0.0.1:4117]
Stop
─
[Today $1.84 of $5.00]
[Free requests 37 of 50 left]
2 requests running · $0.12 ▸
    turnpike · GPT-5.6 Terra · 43 tok/s · Cancel
    GPT-5.6 Terra · 43 tok/s · Cancel
[⚠ Terra limited until 14:32, using DeepSeek]
─
Opus → GPT-5.6 Terra ▸
    GPT-5.6 Terra ✓
    GPT-5.6 Luna
    Other…
Sonnet → GPT-5.6 Luna ▸
    GPT-5.6 Terra
    GPT-5.6 Luna ✓
    Other…
Haiku → GPT-5.6 Luna ▸
    GPT-5.6 Terra
    GPT-5.6 Luna ✓
    Other…
Preset: Balanced ▸
    Balanced ✓
    Free
─
Connect Claude Code…
Copy environment ▸
    bash/zsh
    fish
    nushell
    PowerShell
    cmd
Open Turnpike
─
Start at login ✓
Quit, finishes 2 requests
";

const REST: &str = "\
Connect Claude Code…
Copy environment ▸
    bash/zsh
    fish
    nushell
    PowerShell
    cmd
Open Turnpike
─
Start at login
Quit
";

#[test]
fn the_menu_is_the_designs_word_for_word() {
    assert_eq!(drawn(&menu(&full())), FULL);
}

#[test]
fn each_state_has_its_form() {
    let state = |power, needs: Option<&str>| {
        drawn(&menu(&TrayState { power, needs: needs.map(str::to_owned), ..plain() }))
    };
    let at_work = |head: &str, toggle: &str| format!("[{head}]\n{toggle}\n─\n[Today $0.00]\n─\n{REST}");
    let foot = "─\nOpen Turnpike\n─\nStart at login\nQuit\n";
    let rows = [
        ("running", state(Power::Running, None), at_work("● Running · 127.0.0.1:4117", "Stop")),
        ("stopped", state(Power::Stopped, None), at_work("○ Stopped · 127.0.0.1:4117", "Start")),
        ("starting", state(Power::Starting, None), format!("[◐ Starting]\n{foot}")),
        ("down", state(Power::Down, None), format!("[○ Stopped]\nStart\n{foot}")),
        (
            "needs you",
            state(Power::Running, Some("The keychain is locked")),
            at_work("✕ The keychain is locked", "Stop"),
        ),
        (
            "gave up",
            state(Power::Down, Some("the port is taken")),
            format!("[✕ the port is taken]\nStart\n{foot}"),
        ),
        ("ending", state(Power::Quitting(2), None), "[◐ Finishing 2 requests]\nQuit now\n".to_owned()),
        ("ending", state(Power::Quitting(1), None), "[◐ Finishing 1 request]\nQuit now\n".to_owned()),
        (
            "ending, with nothing to finish",
            state(Power::Quitting(0), None),
            "[◐ Ending]\nQuit now\n".to_owned(),
        ),
        (
            "first start",
            state(Power::SetUpNeeded, None),
            "[○ Set up needed]\nAdd OpenRouter key…\nTry the demo\nQuit\n".to_owned(),
        ),
    ];
    for (name, drawn, expected) in rows {
        assert_eq!(drawn, expected, "{name}");
    }
}

#[test]
fn single_lines_change_with_what_they_tell() {
    let line = |state: TrayState, id: &str| {
        let entries = menu(&state);
        let found =
            entries.iter().find(|entry| entry.id() == id).map(|entry| drawn(std::slice::from_ref(entry)));
        found.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
    };
    let limited = |until: Option<&str>, instead: Option<&str>| {
        let (until, instead) = (until.map(str::to_owned), instead.map(str::to_owned));
        TrayState { limits: vec![Limit { model: "Luna".to_owned(), until, instead }], ..plain() }
    };
    let rows = [
        ("no cap", line(plain(), "today"), "[Today $0.00]"),
        ("a cap", line(full(), "today"), "[Today $1.84 of $5.00]"),
        ("not known", line(TrayState { today_nanos: None, ..full() }, "today"), ""),
        (
            "one request",
            line(TrayState { live: vec![live(1, None)], ..plain() }, "live"),
            "1 request running ▸",
        ),
        (
            "it ends",
            line(TrayState { live: vec![live(1, None)], ..plain() }, "quit"),
            "Quit, finishes 1 request",
        ),
        (
            "somebody else's service goes on",
            line(TrayState { ends_service: false, ..full() }, "quit"),
            "Quit",
        ),
        ("a limit without an end", line(limited(None, None), "limit.0"), "[⚠ Luna limited]"),
        ("a limit with one", line(limited(Some("9:05"), None), "limit.0"), "[⚠ Luna limited until 9:05]"),
        (
            "connected",
            line(TrayState { is_connected: Some(true), ..plain() }, "claude"),
            "Disconnect Claude Code",
        ),
        ("no login items", line(TrayState { autostart: None, ..plain() }, "autostart"), ""),
    ];
    for (name, line, expected) in rows {
        assert_eq!(line, expected, "{name}");
    }
}

#[test]
fn the_icon_tells_the_worst() {
    let rows = [
        (plain(), IconState::Running),
        (TrayState { live: vec![live(1, None)], ..plain() }, IconState::Busy),
        (full(), IconState::Limited),
        (TrayState { needs: Some("!".to_owned()), ..full() }, IconState::Error),
        (TrayState { power: Power::Stopped, ..full() }, IconState::Stopped),
        (TrayState { power: Power::Starting, ..plain() }, IconState::Stopped),
    ];
    for (state, expected) in rows {
        assert_eq!(icon(&state), expected, "{state:?}");
    }
    let tooltip = tooltip(&full());
    assert_eq!(
        tooltip,
        "Turnpike ⚠ Limited · 127.0.0.1:4117\nToday $1.84 of $5.00\nService up 3 h 12 min, 34 MB, 1 % of a core"
    );
}

#[test]
fn an_open_menu_is_touched_only_where_it_differs() {
    let before = menu(&plain());
    let spent = menu(&TrayState { today_nanos: Some(42_000_000), ..plain() });
    let text = "Today $0.04".to_owned();
    assert_eq!(changes(&before, &spent), [Change::Text { id: "today".to_owned(), text }]);
    let about = menu(&TrayState { today_is_about: true, ..plain() });
    let text = "Today ~$0.00".to_owned();
    assert_eq!(changes(&before, &about), [Change::Text { id: "today".to_owned(), text }]);
    let ticked = menu(&TrayState { autostart: Some(true), ..plain() });
    assert_eq!(changes(&before, &ticked), [Change::Checked { id: "autostart".to_owned(), checked: true }]);
    let stopped = changes(&before, &menu(&TrayState { power: Power::Stopped, ..plain() }));
    assert!(stopped.iter().all(|change| matches!(change, Change::Text { .. })), "{stopped:?}");
    assert_eq!(changes(&before, &before), []);
}

/// Does what the changes say, as a tray would.
fn apply(shown: &mut Vec<Entry>, change: &Change) {
    fn find<'a>(entries: &'a mut Vec<Entry>, wanted: &str) -> Option<&'a mut Entry> {
        for entry in entries {
            if entry.id() == wanted {
                return Some(entry);
            }
            if let Entry::Submenu { entries, .. } = entry
                && let Some(found) = find(entries, wanted)
            {
                return Some(found);
            }
        }
        None
    }
    fn list<'a>(shown: &'a mut Vec<Entry>, parent: Option<&String>) -> &'a mut Vec<Entry> {
        match parent {
            None => shown,
            Some(parent) => match find(shown, parent) {
                Some(Entry::Submenu { entries, .. }) => entries,
                other => panic!("{parent} is no submenu: {other:?}"),
            },
        }
    }
    match change {
        Change::Text { id, text: new } => match find(shown, id) {
            Some(Entry::Item { text, .. } | Entry::Submenu { text, .. }) => text.clone_from(new),
            other => panic!("{id}: {other:?}"),
        },
        Change::Checked { id, checked: new } => match find(shown, id) {
            Some(Entry::Item { checked, .. }) => *checked = Some(*new),
            other => panic!("{id}: {other:?}"),
        },
        Change::Remove { parent, id } => list(shown, parent.as_ref()).retain(|entry| entry.id() != id),
        Change::Insert { parent, at, entry } => list(shown, parent.as_ref()).insert(*at, entry.clone()),
    }
}

fn any_state() -> impl Strategy<Value = TrayState> {
    let power = prop::sample::select(vec![
        Power::SetUpNeeded,
        Power::Starting,
        Power::Running,
        Power::Stopped,
        Power::Down,
        Power::Quitting(2),
    ]);
    let ids = prop::collection::btree_set(0..6_i64, 0..4).prop_map(|ids| ids.into_iter().collect::<Vec<_>>());
    (power, prop::sample::subsequence(vec![0, 1, 2], 0..=3), any::<(bool, bool, bool, bool)>(), ids).prop_map(
        |(power, roles, (is_free, is_limited, is_connected, is_known), mut ids)| {
            let full = full();
            if is_connected {
                ids.reverse();
            }
            TrayState {
                power,
                needs: is_limited.then(|| "why, ".repeat(if is_known { 40 } else { 20 })),
                roles: roles.into_iter().map(|place: usize| full.roles[place].clone()).collect(),
                free: full.free.filter(|_| is_free),
                limits: full.limits.iter().filter(|_| is_limited).cloned().collect(),
                is_connected: Some(is_connected),
                autostart: is_known.then_some(is_free),
                live: ids.into_iter().map(|id| live(id, None)).collect(),
                ..full
            }
        },
    )
}

proptest! {
    #[test]
    fn changes_lead_from_any_menu_to_any_other(before in any_state(), after in any_state()) {
        let (mut shown, wanted) = (menu(&before), menu(&after));
        for change in changes(&shown.clone(), &wanted) {
            apply(&mut shown, &change);
        }
        prop_assert_eq!(drawn(&shown), drawn(&wanted));
    }

    #[test]
    fn ids_are_single(state in any_state()) {
        fn ids(entries: &[Entry], all: &mut Vec<String>) {
            for entry in entries {
                all.push(entry.id().to_owned());
                if let Entry::Submenu { entries, .. } = entry {
                    ids(entries, all);
                }
            }
        }
        let mut all = Vec::new();
        ids(&menu(&state), &mut all);
        let single: std::collections::HashSet<&String> = all.iter().collect();
        prop_assert_eq!(single.len(), all.len());
    }
}
