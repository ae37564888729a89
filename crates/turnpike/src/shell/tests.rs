//! Quoting, by its text and by shells that really run it.

use std::process::Command;

use turnpike_api::SecretText;

use super::*;

/// Values that a shell would mangle if they were not quoted right.
const NASTY: &[&str] = &[
    "",
    "plain",
    "two words",
    "it's",
    "'; echo pwned; '",
    "$HOME `id` $(id) ${x}",
    "back\\slash\\",
    "\\'",
    "\"double\"",
    "line one\nline two",
    "tab\there",
    "!history !!",
    "*?[a-z]{a,b}~",
    "a;b&c|d<e>f#g",
    "%PATH%",
    "ünïcödé 你好 ‘quotes’",
    "-n",
    "=begin",
];

fn variable(value: &str) -> Variable {
    Variable { name: "TURNPIKE_TEST".to_owned(), value: SecretText::new(value.to_owned()) }
}

fn exported(shell: Shell, value: &str) -> String {
    shell.export(&[variable(value)]).unwrap()
}

/// Where a program of that name is, in the folders of `PATH`.
fn installed(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// The value that a program started by the shell finds in its environment.
fn value_after(program: &str, shell: Shell, value: &str) -> String {
    let script = format!("{}env -0\n", exported(shell, value));
    let output = Command::new(program).args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let found = text.split('\0').find_map(|entry| entry.strip_prefix("TURNPIKE_TEST="));
    found.unwrap_or_else(|| panic!("{program} did not export {value:?}")).to_owned()
}

#[test]
fn shells_that_are_here_read_back_what_was_written() {
    let shells = [("sh", Shell::Sh), ("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish)];
    let here: Vec<_> = shells.into_iter().filter(|(program, _)| installed(program)).collect();
    assert!(!here.is_empty(), "every Unix has a POSIX shell");
    for (program, shell) in here {
        for value in NASTY {
            assert_eq!(value_after(program, shell, value), *value, "{program}");
        }
    }
}

#[test]
fn each_shell_has_its_own_words() {
    let rows = [
        (Shell::Sh, "it's", "export TURNPIKE_TEST='it'\\''s'\n"),
        (Shell::Bash, "", "export TURNPIKE_TEST=''\n"),
        (Shell::Zsh, "!x", "export TURNPIKE_TEST='!x'\n"),
        (Shell::Fish, "it's \\", "set -gx TURNPIKE_TEST 'it\\'s \\\\'\n"),
        (Shell::Nu, "a \"b\"\n\\", "{\n  TURNPIKE_TEST: \"a \\\"b\\\"\\n\\\\\"\n}\n"),
        (Shell::Nu, "\u{1b}", "{\n  TURNPIKE_TEST: \"\\u{1b}\"\n}\n"),
        (Shell::Pwsh, "it's ‘so’ $x", "$env:TURNPIKE_TEST = 'it''s ‘‘so’’ $x'\n"),
        (Shell::Cmd, "a&b", "set \"TURNPIKE_TEST=a&b\"\n"),
    ];
    for (shell, value, text) in rows {
        assert_eq!(exported(shell, value), text, "{shell:?}");
    }
}

#[test]
fn what_cannot_be_written_is_refused_and_not_mangled() {
    let refused = |shell: Shell, value| shell.export(&[variable(value)]).unwrap_err();
    for value in ["a\"b", "100%", "wow!", "two\nlines"] {
        assert_eq!(refused(Shell::Cmd, value).shell, "cmd", "{value}");
    }
    for shell in Shell::value_variants() {
        refused(*shell, "a\0b");
        let odd = Variable { name: "A;B".to_owned(), value: SecretText::new(String::new()) };
        assert_eq!(shell.export(&[odd]).unwrap_err().name, "A;B");
    }
}

#[test]
fn the_users_shell_is_read_from_its_path() {
    let rows = [
        (Some("/usr/bin/zsh"), Shell::Zsh),
        (Some("/bin/bash"), Shell::Bash),
        (Some("/opt/fish"), Shell::Fish),
        (Some("/usr/bin/nu"), Shell::Nu),
        (Some("/bin/dash"), Shell::Sh),
        (Some(""), Shell::Sh),
        (None, Shell::Sh),
    ];
    for (path, shell) in rows {
        assert_eq!(Shell::of_user(path.map(OsStr::new)), shell, "{path:?}");
    }
}
