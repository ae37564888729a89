use super::*;

/// A file as people write them: comments everywhere, tables in an order of their own.
const FULL: &str = r#"# Mine. Keep off.

[general]
timezone = "UTC"   # whatever the laptop says

# --- big ones ---

# The strong model.
[[map]]
name = "*opus*"
target = "openai/gpt-5.6-terra"   # good at tools
params = { temperature = 0.7 }

[map.provider]
sort = "price"

# Cheap.
[[map]]
name = "*haiku*"
target = "openai/gpt-5.6-luna"

# --- money ---

[budget]
daily_usd = 5.00
# no weekly one
"#;

fn after(text: &str, edit: &ConfigEdit) -> Result<String, EditError> {
    read::config(text).unwrap();
    let edited = applied(text, edit)?;
    read::config(&edited).map_err(|fault| EditError::Invalid(Box::new(fault)))?;
    Ok(edited)
}

fn set(path: &str, value: &str) -> ConfigEdit {
    ConfigEdit::Set { path: path.to_owned(), value: value.parse().unwrap() }
}

fn unset(path: &str) -> ConfigEdit {
    ConfigEdit::Unset { path: path.to_owned() }
}

fn add(name: &str, place: MapPlace) -> ConfigEdit {
    let map = NewMap { name: name.to_owned(), target: "a/b".to_owned(), fallback: Vec::new() };
    ConfigEdit::AddMap { map, place }
}

fn remove(name: &str) -> ConfigEdit {
    ConfigEdit::RemoveMap { name: name.to_owned() }
}

fn shift(name: &str, to: MapPlace) -> ConfigEdit {
    ConfigEdit::MoveMap { name: name.to_owned(), to }
}

#[track_caller]
fn check(case: &str, before: &str, edit: &ConfigEdit, expected: &str) {
    let got = after(before, edit).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert!(got == expected, "{case}: got\n{got}\n--- instead of\n{expected}");
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    for (path, value, old, new) in [
        ("budget.daily_usd", "7.50", "daily_usd = 5.00\n", "daily_usd = 7.50\n"),
        ("general.timezone", "'Europe/Berlin'", "\"UTC\"   # what", "'Europe/Berlin'   # what"),
        ("map[0].target", "\"a/b\"", "\"openai/gpt-5.6-terra\"   #", "\"a/b\"   #"),
        ("map.1.target", "\"a/b\"", "\"openai/gpt-5.6-luna\"", "\"a/b\""),
        ("map[0].params.temperature", "1", "temperature = 0.7 }", "temperature = 1 }"),
        ("map[0].params", "{ top_k = 3 }", "{ temperature = 0.7 }", "{ top_k = 3 }"),
        ("map[0].provider.sort", "\"latency\"", "sort = \"price\"", "sort = \"latency\""),
    ] {
        check(path, FULL, &set(path, value), &FULL.replace(old, new));
    }
}

/// Case, text, path, value, and the text after it was set.
const NEW_VALUES: &[[&str; 5]] = &[
    ["no file", "", "log.level", "\"debug\"", "[log]\nlevel = \"debug\"\n"],
    ["comment only", "# mine\n", "budget.daily_usd", "1", "# mine\n\n[budget]\ndaily_usd = 1\n"],
    [
        "no last newline",
        "[log]\nlevel = \"info\"",
        "budget.daily_usd",
        "1",
        "[log]\nlevel = \"info\"\n\n[budget]\ndaily_usd = 1\n",
    ],
    ["empty section", "[budget]\n", "budget.daily_usd", "1", "[budget]\ndaily_usd = 1\n"],
    ["section without newline", "[budget]", "budget.daily_usd", "1", "[budget]\ndaily_usd = 1\n"],
    [
        "between sections",
        "[budget]\ndaily_usd = 1 # a day\n\n[log]\nlevel = \"info\"\n",
        "budget.weekly_usd",
        "3",
        "[budget]\ndaily_usd = 1 # a day\nweekly_usd = 3\n\n[log]\nlevel = \"info\"\n",
    ],
    [
        "in braces",
        "budget = { daily_usd = 1 }\n",
        "budget.weekly_usd",
        "3",
        "budget = { daily_usd = 1, weekly_usd = 3 }\n",
    ],
    [
        "dotted",
        "budget.daily_usd = 1 # x\n[log]\n",
        "budget.weekly_usd",
        "3",
        "budget.daily_usd = 1 # x\nbudget.weekly_usd = 3\n[log]\n",
    ],
    [
        "dotted in a map",
        "[[map]]\nname = \"x\"\nparams.top_k = 3\ntarget = \"a/b\"\n",
        "map[0].params.seed",
        "1",
        "[[map]]\nname = \"x\"\nparams.top_k = 3\nparams.seed = 1\ntarget = \"a/b\"\n",
    ],
    [
        "a table on the way",
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\n",
        "map[0].provider.max_price.prompt",
        "2",
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\nprovider = { max_price = { prompt = 2 } }\n",
    ],
    [
        "a table that only its inner one names",
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\n\n[map.provider.max_price]\nprompt = 2\n",
        "map[0].provider.sort",
        "\"price\"",
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\n\n[map.provider]\nsort = \"price\"\n\n[map.provider.max_price]\nprompt = 2\n",
    ],
    [
        "a list within braces",
        "map = [{ name = \"x\", target = \"a/b\" }]\n",
        "map[0].params.top_k",
        "3",
        "map = [{ name = \"x\", target = \"a/b\", params = { top_k = 3 } }]\n",
    ],
    [
        "Windows lines",
        "[budget]\r\ndaily_usd = 1\r\n",
        "log.level",
        "\"warn\"",
        "[budget]\r\ndaily_usd = 1\r\n\r\n[log]\r\nlevel = \"warn\"\r\n",
    ],
    [
        "below a text that looks like a header",
        "[[client]]\nname = '''[x]'''\n# none\n",
        "client[0].requests_per_hour",
        "3",
        "[[client]]\nname = '''[x]'''\nrequests_per_hour = 3\n# none\n",
    ],
];

#[test]
fn a_new_value_gets_a_line_in_its_table() {
    for [case, before, path, value, expected] in NEW_VALUES {
        check(case, before, &set(path, value), expected);
    }
}

#[test]
fn whole_tables_are_written_and_joined_to_lists() {
    let client = "{ name = \"ci\", daily_usd = 1.00, models = [\"qwen/*\"] }";
    let written = "[[client]]\nname = \"ci\"\ndaily_usd = 1.00\nmodels = [\"qwen/*\"]\n";
    let two = format!("{written}\n[[client]]\nname = \"b\"\n");
    for (case, before, path, value, expected) in [
        ("first of a list", "", "client[0]", client, written.to_owned()),
        ("next of a list", written, "client[1]", "{ name = \"b\" }", two.clone()),
        (
            "one of a list again",
            &two,
            "client[0]",
            "{ name = \"c\" }",
            two.replace(written, "[[client]]\nname = \"c\"\n"),
        ),
        ("a list", "", "client", &format!("[{client}, {{ name = \"b\" }}]"), two.clone()),
        (
            "a section",
            "[log]\n",
            "budget",
            "{ daily_usd = 2 }",
            "[log]\n\n[budget]\ndaily_usd = 2\n".to_owned(),
        ),
        (
            "a section again",
            "[budget]\nweekly_usd = 1\n",
            "budget",
            "{ daily_usd = 2 }",
            "[budget]\ndaily_usd = 2\n".to_owned(),
        ),
        (
            "a list in brackets",
            "client = [\n  { name = \"a\" }, # one\n]\n",
            "client[1]",
            "{ name = \"b\" }",
            "client = [\n  { name = \"a\" }, { name = \"b\" }, # one\n]\n".to_owned(),
        ),
        (
            "a table with a header is written in braces",
            "[[map]]\nname = \"x\"\ntarget = \"a/b\"\n\n[map.params]\ntop_k = 1\n",
            "map[0].params",
            "{ seed = 1 }",
            "[[map]]\nname = \"x\"\ntarget = \"a/b\"\nparams = { seed = 1 }\n".to_owned(),
        ),
    ] {
        check(case, before, &set(path, value), &expected);
    }
}

#[test]
fn what_is_removed_leaves_no_trace_and_takes_nothing_along() {
    for (path, old, new) in [
        ("budget.daily_usd", "daily_usd = 5.00\n", ""),
        ("general.timezone", "timezone = \"UTC\"   # whatever the laptop says\n", ""),
        ("map[0].params", "params = { temperature = 0.7 }\n", ""),
        ("map[0].params.temperature", "{ temperature = 0.7 }", "{}"),
        ("map[0].provider", "\n[map.provider]\nsort = \"price\"\n", ""),
        ("budget", "[budget]\ndaily_usd = 5.00\n", ""),
        ("general", "[general]\ntimezone = \"UTC\"   # whatever the laptop says\n\n", ""),
        ("budget.weekly_usd", "", ""),
        ("notify.key", "", ""),
        ("rule", "", ""),
    ] {
        check(path, FULL, &unset(path), &FULL.replace(old, new));
    }
    for (case, before, path, expected) in [
        ("dotted", "budget.daily_usd = 1\nbudget.weekly_usd = 2\n", "budget", ""),
        (
            "one dotted",
            "budget.daily_usd = 1\nbudget.weekly_usd = 2\n",
            "budget.daily_usd",
            "budget.weekly_usd = 2\n",
        ),
        (
            "in braces",
            "budget = { daily_usd = 1, weekly_usd = 2 }\n",
            "budget.daily_usd",
            "budget = { weekly_usd = 2 }\n",
        ),
        (
            "several lines",
            "[budget]\nwarn_at = [\n  0.5, # half\n]\naction = \"warn\"\n",
            "budget.warn_at",
            "[budget]\naction = \"warn\"\n",
        ),
        (
            "dotted and with a header",
            "[[map]]\nname = \"x\"\ntarget = \"a/b\"\nprovider.sort = \"price\"\n[map.provider.max_price]\nprompt = 1\n",
            "map[0].provider",
            "[[map]]\nname = \"x\"\ntarget = \"a/b\"\n",
        ),
        (
            "one of a list in brackets",
            "client = [{ name = \"a\" }, { name = \"b\" }]\n",
            "client[0]",
            "client = [{ name = \"b\" }]\n",
        ),
    ] {
        check(case, before, &unset(path), expected);
    }
}

#[test]
fn maps_come_and_go_with_their_own_comments() {
    let opus =
        FULL.split_once("# The strong").map(|(_, rest)| rest.split_once("# Cheap.").unwrap().0).unwrap();
    let opus = format!("# The strong{opus}");
    let haiku = "# Cheap.\n[[map]]\nname = \"*haiku*\"\ntarget = \"openai/gpt-5.6-luna\"\n\n";
    let new = "[[map]]\nname = \"new\"\ntarget = \"a/b\"\n\n";
    let both = format!("{opus}{haiku}");
    for (case, edit, maps) in [
        ("first", add("new", MapPlace::First), format!("{new}{opus}{haiku}")),
        ("second", add("new", MapPlace::At(1)), format!("{opus}{new}{haiku}")),
        ("last", add("new", MapPlace::Last), format!("{opus}{haiku}{new}")),
        ("far beyond", add("new", MapPlace::At(9)), format!("{opus}{haiku}{new}")),
        ("one away", remove("*opus*"), haiku.to_owned()),
        ("the other away", remove("*haiku*"), opus.clone()),
        ("down", shift("*opus*", MapPlace::Last), format!("{haiku}{opus}")),
        ("up", shift("*haiku*", MapPlace::First), format!("{haiku}{opus}")),
        ("down by one", shift("*opus*", MapPlace::At(1)), format!("{haiku}{opus}")),
        ("nowhere", shift("*haiku*", MapPlace::At(7)), both.clone()),
    ] {
        check(case, FULL, &edit, &FULL.replace(&both, &maps));
    }
}

#[test]
fn maps_in_odd_places_are_found() {
    let apart = "[[map]]\nname = \"x\"\ntarget = \"a/b\"\n[log]\nlevel = \"info\"\n[map.params]\nseed = 1\n[[map]]\nname = \"y\"\ntarget = \"c/d\"\n";
    let brackets = "map = [{ name = \"x\", target = \"a/b\" }, { name = \"y\", target = \"c/d\" }]\n";
    for (case, before, edit, expected) in [
        ("the first of all", "", add("new", MapPlace::First), "[[map]]\nname = \"new\"\ntarget = \"a/b\"\n"),
        (
            "below everything else",
            "# mine\n\n[log]\nlevel = \"info\"\n# end\n",
            add("new", MapPlace::Last),
            "# mine\n\n[log]\nlevel = \"info\"\n# end\n\n[[map]]\nname = \"new\"\ntarget = \"a/b\"\n",
        ),
        (
            "its parts are apart",
            apart,
            shift("x", MapPlace::Last),
            "[log]\nlevel = \"info\"\n[[map]]\nname = \"y\"\ntarget = \"c/d\"\n\n[[map]]\nname = \"x\"\ntarget = \"a/b\"\n\n[map.params]\nseed = 1\n",
        ),
        (
            "brackets, more",
            brackets,
            add("new", MapPlace::At(1)),
            "map = [{ name = \"x\", target = \"a/b\" }, { name = \"new\", target = \"a/b\" }, { name = \"y\", target = \"c/d\" }]\n",
        ),
        ("brackets, fewer", brackets, remove("x"), "map = [{ name = \"y\", target = \"c/d\" }]\n"),
        (
            "brackets, other order",
            brackets,
            shift("x", MapPlace::Last),
            "map = [{ name = \"y\", target = \"c/d\" }, { name = \"x\", target = \"a/b\" }]\n",
        ),
    ] {
        check(case, before, &edit, expected);
    }
}

#[test]
fn fallbacks_and_odd_names_are_written_so_that_they_are_read_again() {
    let map = NewMap {
        name: "a\"b\\*".to_owned(),
        target: "a/b".to_owned(),
        fallback: vec!["c/d".to_owned(), "e".to_owned()],
    };
    let text = after("", &ConfigEdit::AddMap { map: map.clone(), place: MapPlace::Last }).unwrap();
    let read = read::config(&text).unwrap().maps.remove(0);
    assert_eq!((read.name, read.to.target, read.to.fallback), (map.name, map.target, map.fallback), "{text}");
}

#[test]
fn what_cannot_be_done_is_refused_in_words() {
    let invalid = |told: &str| told.starts_with("this change was not made: line ");
    for (case, edit, is_told) in [
        (
            "a map of that name",
            add("*opus*", MapPlace::Last),
            &(|t: &str| t.contains("named `*opus*` already")) as &dyn Fn(&str) -> bool,
        ),
        ("no such map", remove("x"), &|t| t.contains("no map named `x`") && t.contains("turnpike map list")),
        ("no such map to move", shift("x", MapPlace::First), &|t| t.contains("no map named `x`")),
        ("no such key", set("budget.dayly", "1"), &|t| t.contains("`budget.dayly` is no place")),
        ("no such key to remove", unset("nothing"), &|t| t.contains("`nothing` is no place")),
        ("no path", set("", "1"), &|t| t.contains("is no place")),
        ("a value for a section", set("budget", "1"), &|t| t.contains("`budget` is no place")),
        ("beyond the list", set("map[5].target", "\"a/b\""), &|t| t.contains("`map[5].target` is no place")),
        ("beyond the next", set("map[5]", "{ name = \"x\", target = \"a/b\" }"), &|t| t.contains("no place")),
        ("removing beyond", unset("map[5]"), &|t| t.contains("`map[5]` is no place")),
        ("one of a list of words", set("map[0].fallback[0]", "\"a\""), &|t| t.contains("is no place")),
        ("out of range", set("budget.daily_usd", "-1"), &|t| {
            invalid(t) && t.contains("`budget.daily_usd` must be")
        }),
        ("another kind", set("log.level", "3"), &|t| invalid(t) && t.contains("`log.level` must be")),
        ("needed", unset("map[0].target"), &|t| invalid(t) && t.contains("[[map]] needs `target`")),
        ("unknown within", set("budget", "{ dayly = 1 }"), &|t| invalid(t) && t.contains("did you mean")),
        ("no target", set("map[2]", "{ name = \"x\" }"), &|t| invalid(t) && t.contains("needs `target`")),
        ("the same twice", set("map[1].name", "\"*opus*\""), &|t| invalid(t) && t.contains("line 10")),
    ] {
        let told = after(FULL, &edit).unwrap_err().to_string();
        assert!(is_told(&told), "{case}: {told}");
    }
}
