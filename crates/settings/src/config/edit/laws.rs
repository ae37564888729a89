//! Laws of the edits, tried on random files and random changes.

use proptest::prelude::*;

use super::*;
use crate::config::Config;

/// Random pairs of a text and a change.
const CASES: u32 = 256;

/// Pieces that a file is made of, each with a comment of its own, in any order: lists cannot clash, sections come
/// at most once.
fn text() -> impl Strategy<Value = String> {
    let sections = [
        "[general]\ntimezone = \"UTC\" # zone",
        "[budget]\n# a day\ndaily_usd = 5.00",
        "[log]\nlevel='warn'",
    ];
    let extras = [
        "",
        "params = { top_k = 3 } # few",
        "params.seed = 1",
        "provider = {\n  sort = \"price\", # cheap\n}",
    ];
    let below = [
        "",
        "\n[map.provider]\nsort = \"price\"",
        "\n\n# how\n[map.price]\nprompt = 1\ncompletion = 2 # out",
    ];
    let map = (0..extras.len(), 0..2_usize, any::<bool>(), any::<bool>());
    let maps = prop::collection::vec(map, 0..5).prop_map(move |maps| {
        let maps = maps.into_iter().enumerate().map(|(index, (extra, lower, commented, detached))| {
            let comment = if commented { format!("# about {index}\n") } else { String::new() };
            let place = if detached { format!("# place {index}\n\n") } else { String::new() };
            // One provider is enough.
            let below = if extra == 3 { below[2 * lower] } else { below[lower] };
            let extra = extras[extra];
            format!(
                "{place}{comment}[[map]]\nname = \"m{index}\"\n{extra}\ntarget = \"a/b{index}\" # to\n{below}"
            )
        });
        maps.collect::<Vec<_>>()
    });
    let order = Just(sections.map(str::to_owned).to_vec()).prop_shuffle();
    (maps, order, 0..4_usize, any::<bool>(), any::<bool>()).prop_map(
        |(maps, sections, at, blank, windows)| {
            let at = at.min(sections.len());
            let parts = [&sections[..at], &maps[..], &sections[at..]].concat();
            let text = parts.join(if blank { "\n\n" } else { "\n" }) + "\n# end\n";
            if windows { text.replace('\n', "\r\n") } else { text }
        },
    )
}

fn place() -> impl Strategy<Value = MapPlace> {
    prop_oneof![Just(MapPlace::First), Just(MapPlace::Last), (0..7_usize).prop_map(MapPlace::At)]
}

fn edit() -> impl Strategy<Value = ConfigEdit> {
    let name = || (0..5_usize).prop_map(|index| format!("m{index}"));
    let path = prop::sample::select(vec![
        ("budget.daily_usd", "7"),
        ("budget.weekly_usd", "7"),
        ("log.level", "'info'"),
        ("notify.key", "false"),
        ("map[1].target", "'x/y'"),
        ("map[0].params.seed", "9"),
        ("map[2].provider.sort", "'latency'"),
        ("map[2].provider.max_price.prompt", "1"),
        ("map[0].price", "{ prompt = 3, completion = 4 }"),
        ("client[0]", "{ name = 'ci' }"),
        ("rule[0]", "{ target = 'x', when = { class = 'main' } }"),
    ]);
    prop_oneof![
        (name(), place()).prop_map(|(name, to)| ConfigEdit::MoveMap { name, to }),
        name().prop_map(|name| ConfigEdit::RemoveMap { name }),
        place().prop_map(|place| {
            let map = NewMap { name: "new".into(), target: "n/ew".into(), fallback: vec!["f".into()] };
            ConfigEdit::AddMap { map, place }
        }),
        (0..5_usize, 0..7_usize).prop_map(|(at, to)| ConfigEdit::MoveRoute { list: RouteList::Maps, at, to }),
        path.clone().prop_map(|(path, _)| ConfigEdit::Unset { path: path.to_owned() }),
        path.prop_map(|(path, value)| ConfigEdit::Set {
            path: path.to_owned(),
            value: value.parse().unwrap()
        }),
    ]
}

fn comments(text: &str) -> Vec<&str> {
    let mut comments: Vec<_> =
        text.lines().filter_map(|line| line.split_once('#')).map(|(_, words)| words).collect();
    comments.sort_unstable();
    comments
}

/// The change as it is made to what the file says, for those that change the list of maps.
fn by_meaning(config: &Config, edit: &ConfigEdit) -> Option<Config> {
    let mut config = config.clone();
    let position = |name: &String| config.maps.iter().position(|map| map.name == *name);
    match edit {
        ConfigEdit::MoveMap { name, to } => {
            let map = config.maps.remove(position(name)?);
            let index = to.index(config.maps.len());
            config.maps.insert(index, map);
        }
        ConfigEdit::RemoveMap { name } => {
            config.maps.remove(position(name)?);
        }
        ConfigEdit::AddMap { place, .. } => {
            let new = "[[map]]\nname = 'new'\ntarget = 'n/ew'\nfallback = ['f']";
            let index = place.index(config.maps.len());
            config.maps.insert(index, read::config(new).unwrap().maps.remove(0));
        }
        ConfigEdit::MoveRoute { at, to, .. } => {
            let to = (*to).min(config.maps.len().checked_sub(1)?);
            let map = (*at < config.maps.len()).then(|| config.maps.remove(*at))?;
            config.maps.insert(to, map);
        }
        _ => return None,
    }
    Some(config)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_does_what_it_says_and_nothing_else(text in text(), edit in edit()) {
        let before = read::config(&text).unwrap();
        let Ok(edited) = applied(&text, &edit) else {
            prop_assert_eq!(by_meaning(&before, &edit), None);
            return Ok(());
        };
        if matches!(&edit, ConfigEdit::Unset { path } if path.ends_with(".target")) {
            return Ok(()); // No map can do without.
        }
        let after = read::config(&edited);
        prop_assert!(after.is_ok(), "{}\n{edited}", after.unwrap_err());
        let after = after.unwrap();
        if let Some(meant) = by_meaning(&before, &edit) {
            prop_assert_eq!(&after, &meant, "{}", edited);
        }
        if !matches!(edit, ConfigEdit::RemoveMap { .. } | ConfigEdit::Unset { .. } | ConfigEdit::Set { .. }) {
            prop_assert_eq!(comments(&edited), comments(&text), "{}", edited);
        }
        if text.contains('\r') {
            prop_assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count(), "{:?}", edited);
        }
    }

    #[test]
    fn a_route_that_is_put_back_as_it_was_read_changes_no_byte(text in text()) {
        for (at, values) in RouteList::Maps.read(&text).into_iter().enumerate() {
            let edit = ConfigEdit::PutRoute { list: RouteList::Maps, at: Some(at), before: None, values: values.clone() };
            prop_assert_eq!(&applied(&text, &edit).unwrap(), &text);
            // Another target leaves every comment, and all else that is said.
            let mut changed = values;
            for (name, value) in &mut changed {
                if name == "target" {
                    *value = "x/y".into();
                }
            }
            let edit = ConfigEdit::PutRoute { list: RouteList::Maps, at: Some(at), before: None, values: changed };
            let edited = applied(&text, &edit).unwrap();
            let mut meant = read::config(&text).unwrap();
            meant.maps[at].to.target = "x/y".to_owned();
            prop_assert_eq!(read::config(&edited).unwrap(), meant, "{}", edited);
            prop_assert_eq!(comments(&edited), comments(&text), "{}", edited);
        }
    }

    #[test]
    fn what_was_set_is_there_and_what_was_removed_is_not(text in text(), edit in edit()) {
        let Ok(edited) = applied(&text, &edit) else { return Ok(()) };
        let document = toml_edit::Document::parse(edited.as_str()).unwrap();
        let at = |path: &str| crate::config::locate::find(&document, &values::path(path).unwrap());
        match &edit {
            ConfigEdit::Set { path, .. } => {
                prop_assert!(at(path).is_some(), "{}", edited);
                // Once more changes nothing.
                prop_assert_eq!(read::config(&applied(&edited, &edit).unwrap()), read::config(&edited));
            }
            ConfigEdit::Unset { path } if !path.ends_with(']') => prop_assert!(at(path).is_none(), "{}", edited),
            _ => {}
        }
    }
}
