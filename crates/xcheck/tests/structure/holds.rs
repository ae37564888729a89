//! `tests/HOLDS.md` maps each promise to the tests that prove it, `tests/FAULTS.md` each fault to the tests that bring it
//! about. Here: every test named there exists. That it also ran and passed is read from the test reports by
//! `scripts/check-holds`.

use crate::tree;

const PROMISES: &str = "tests/HOLDS.md";
const FAULTS: &str = "tests/FAULTS.md";

/// A test named in the table.
#[derive(Debug, PartialEq)]
enum Proof<'a> {
    /// `crate test::path` or `crate::binary test::path`, as nextest prints it.
    Rust { package: &'a str, binary: Option<&'a str>, test: &'a str },
    /// `tests/e2e/file.test.js name of the test`.
    Script { file: &'a str, test: &'a str },
    /// `fuzz target`.
    Fuzz { target: &'a str },
}

/// Reads a list line "- `where name`"; `None` for any other line.
fn proof(line: &str) -> Option<Proof<'_>> {
    let (named, _) = line.trim_start().strip_prefix("- `")?.split_once('`')?;
    let (place, test) = named.split_once(' ')?;
    if place.ends_with(".js") {
        return Some(Proof::Script { file: place, test });
    }
    if place == "fuzz" {
        return Some(Proof::Fuzz { target: test });
    }
    let (package, binary) = place.split_once("::").map_or((place, None), |(p, b)| (p, Some(b)));
    Some(Proof::Rust { package, binary, test })
}

impl Proof<'_> {
    fn exists(&self, files: &[String]) -> bool {
        match self {
            Proof::Script { file, test } => {
                tree::text_if_there(file).is_some_and(|text| text.contains(&format!("\"{test}\"")))
            }
            Proof::Fuzz { target } => files.contains(&format!("fuzz/fuzz_targets/{target}.rs")),
            Proof::Rust { package, binary, test } => {
                let folder = match *package {
                    "turnpike-bench" => "bench".to_owned(),
                    _ => format!("crates/{}", package.strip_prefix("turnpike-").unwrap_or(package)),
                };
                let function = format!("fn {}(", test.rsplit("::").next().unwrap_or(test));
                let places = match binary {
                    // A test binary of its own, or (`crate::bin/name`) the tests inside a program.
                    Some(name) if !name.starts_with("bin/") => {
                        vec![format!("{folder}/tests/{name}.rs"), format!("{folder}/tests/{name}/")]
                    }
                    _ => vec![format!("{folder}/src/")],
                };
                let belongs = |file: &&String| places.iter().any(|place| file.starts_with(place.as_str()));
                files.iter().filter(belongs).any(|f| tree::text(f).is_some_and(|t| t.contains(&function)))
            }
        }
    }
}

#[test]
fn every_test_named_in_the_tables_exists() {
    let files = tree::tracked();
    for name in [PROMISES, FAULTS] {
        let table = tree::text_if_there(name).expect("the table is there");
        let missing: Vec<String> = table
            .lines()
            .enumerate()
            .filter_map(|(number, line)| {
                let proof = proof(line)?;
                (!proof.exists(&files)).then(|| format!("{name}:{}: no such test: {proof:?}", number + 1))
            })
            .collect();
        assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
    }
}

/// The kinds of faults, and how many there are of each.
const KINDS: [(&str, usize); 6] = [("C", 23), ("U", 30), ("D", 11), ("K", 8), ("T", 3), ("P", 16)];

#[test]
fn every_fault_has_a_proof_or_says_that_it_has_none() {
    let table = tree::text_if_there(FAULTS).unwrap_or_default();
    let faults: Vec<&str> = table.split("\n### ").skip(1).collect();
    let names: Vec<&str> = faults.iter().filter_map(|fault| Some(fault.split_once(": ")?.0)).collect();
    let expected: Vec<String> =
        KINDS.iter().flat_map(|(kind, count)| (1..=*count).map(move |n| format!("{kind}{n}"))).collect();
    assert_eq!(names, expected, "each fault stands once, in order");
    for (name, fault) in names.iter().zip(faults) {
        let told = fault.lines().any(|line| proof(line).is_some() || line.starts_with("Not proven: "));
        assert!(told, "{FAULTS}: {name}: name the tests, or say what is not proven");
    }
}

/// A promise about figures is measured by hand, and its line "Measured: `file`" names where the result stands.
fn measured(line: &str) -> Option<&str> {
    Some(line.strip_prefix("Measured: `")?.split_once('`')?.0)
}

#[test]
fn every_promise_has_a_proof() {
    let table = tree::text_if_there(PROMISES).unwrap_or_default();
    let promises: Vec<&str> = table.split("\n### ").skip(1).collect();
    assert!(!promises.is_empty(), "{PROMISES} has a heading (###) for each promise");
    for promise in promises {
        let title = promise.lines().next().unwrap_or_default();
        let proved = promise.lines().any(|line| {
            proof(line).is_some() || measured(line).is_some_and(|file| tree::text_if_there(file).is_some())
        });
        assert!(proved, "{PROMISES}: nothing proves \"{title}\"");
    }
}

#[test]
fn a_line_of_the_table_names_one_test() {
    let rows = [
        ("- `turnpike-proxy::guard a::b` says why", Some(("turnpike-proxy", Some("guard"), "a::b"))),
        ("- `turnpike-wire money::tests::sums`", Some(("turnpike-wire", None, "money::tests::sums"))),
        ("Prose with `code in it`", None),
        ("- [ ] a box", None),
    ];
    for (line, expected) in rows {
        let expected = expected.map(|(package, binary, test)| Proof::Rust { package, binary, test });
        assert_eq!(proof(line), expected, "{line}");
    }
    let script = proof("- `tests/e2e/sdk.test.js plain and streamed agree`");
    assert_eq!(
        script,
        Some(Proof::Script { file: "tests/e2e/sdk.test.js", test: "plain and streamed agree" })
    );
}

#[test]
fn a_test_that_is_gone_is_missed() {
    let files = tree::tracked();
    assert!(proof("- `fuzz sse_decoder`").expect("a proof").exists(&files));
    assert!(!proof("- `fuzz nothing`").expect("a proof").exists(&files));
    let here = |test| Proof::Rust { package: "turnpike-xcheck", binary: Some("structure"), test };
    assert!(here("holds::a_test_that_is_gone_is_missed").exists(&files));
    assert!(!here("holds::a_test_nobody_wrote").exists(&files));
}
