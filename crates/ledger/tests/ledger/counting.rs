//! Prompts that were counted twice: by us before they were sent, by the upstream after.

use turnpike_ledger::{CountedPrompt, Ledger, NewRequest, Outcome, Progress, Settlement, Usage};

use crate::support::{Home, LONG, end, request, spend};

fn counted(ledger: &Ledger, model: &str, estimated: Option<i64>, input_tokens: i64) {
    let progress =
        Progress { served_model: Some(model.to_owned()), estimated_tokens: estimated, ..Progress::default() };
    let usage =
        Usage { input_tokens, cache_read_tokens: input_tokens, cache_write_tokens: 1, ..Usage::default() };
    let usage = if input_tokens == 0 { Usage::default() } else { usage };
    spend(ledger, request("s"), Settlement { progress, usage, ..end(Outcome::Ok) });
}

#[test]
fn each_model_has_its_newest_prompts() {
    let home = Home::new();
    let ledger = home.open();
    for n in 1..=5 {
        counted(&ledger, "a/b", Some(n * 10), n);
        counted(&ledger, "c/d", None, n);
    }
    counted(&ledger, "c/d", Some(7), 3);
    counted(&ledger, "c/d", Some(8), 0);
    let failed = NewRequest { estimated_tokens: Some(99), ..request("s") };
    spend(&ledger, failed, end(Outcome::Error));
    ledger.flush(LONG).unwrap();
    let row = |model: &str, estimated, counted| CountedPrompt { model: model.to_owned(), estimated, counted };
    let expected = [row("a/b", 50, 11), row("a/b", 40, 9), row("c/d", 7, 7)];
    assert_eq!(ledger.reader().counted_prompts(2).unwrap(), expected);
}

#[test]
fn an_estimate_told_later_is_of_the_target_that_answered() {
    let home = Home::new();
    let ledger = home.open();
    let id = ledger.begin(NewRequest { estimated_tokens: Some(5), ..request("s") });
    ledger.progress(id, Progress { estimated_tokens: Some(6), ..Progress::default() });
    ledger.settle(id, end(Outcome::Ok));
    ledger.flush(LONG).unwrap();
    assert_eq!(ledger.reader().row(id).unwrap().unwrap().estimated_tokens, Some(6));
}
