//! The lines that stand first.

use super::*;

#[test]
fn a_long_reason_is_told_to_its_end() {
    let reason = "the service ended 5 times within a minute, the last time because the ledger of this data folder \
                  cannot be written (the disk is full): make room on it, then choose Start";
    let told = "\
[✕ the service ended 5 times within a minute, the last time because the ledger of]
[this data folder cannot be written (the disk is full): make room on it, then]
[choose Start]
";
    for power in [Power::Running, Power::Stopped, Power::Starting, Power::Down, Power::Quitting(1)] {
        let state = TrayState { power, needs: Some(reason.to_owned()), ..plain() };
        let menu = drawn(&menu(&state));
        assert!(menu.starts_with(told), "{menu}");
        let tooltip = tooltip(&state);
        assert_eq!(tooltip.lines().next(), Some(format!("Turnpike ✕ {reason}").as_str()));
    }
}

#[test]
fn the_head_has_four_lines_at_most() {
    let lines = |reason: String| {
        let entries = menu(&TrayState { power: Power::Down, needs: Some(reason), ..plain() });
        let head = drawn(&entries);
        head.lines().take_while(|line| *line != "Start").map(str::to_owned).collect::<Vec<_>>()
    };
    let words = lines("0123456789 ".repeat(40));
    assert_eq!(words.len(), 4, "{words:?}");
    assert!(words[3].ends_with("…]") && words.iter().all(|line| line.chars().count() <= 82), "{words:?}");
    // A path can be longer than a line.
    let path = "x".repeat(100);
    assert_eq!(lines(path), [format!("[✕ {}]", "x".repeat(78)), format!("[{}]", "x".repeat(22))]);
    assert_eq!(lines("one\nreason".to_owned()), ["[✕ one reason]"]);
}
