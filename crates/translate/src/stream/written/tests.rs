use proptest::prelude::*;
use proptest::sample::select;
use serde_json::value::RawValue;

use super::*;

fn tools() -> OfferedTools {
    let bash = r#"{"type":"object","properties":{"command":{"type":"string"},"timeout":{"type":"integer"}}}"#;
    let read = r#"{"type":"object","properties":{"path":{"type":"string"},"lines":{"type":"array"}}}"#;
    let schema = |json: &'static str| serde_json::from_str::<&RawValue>(json).unwrap();
    OfferedTools::new([("Bash", schema(bash)), ("Read", schema(read))].into_iter())
}

/// Text and calls of an answer, neighbouring texts joined; how many calls.
fn read(pieces: &[&str], place: Place, is_whole: bool) -> Vec<String> {
    let mut calls = WrittenCalls::new(tools(), place);
    let mut found = Vec::new();
    for piece in pieces {
        calls.feed(JsonStr::from(*piece), &mut found);
    }
    calls.end(is_whole, &mut found);
    let mut told: Vec<String> = Vec::new();
    let mut in_text = false;
    for piece in found {
        match piece {
            Piece::Text(text) if text.is_empty() => continue,
            Piece::Text(text) if in_text => told.last_mut().unwrap().push_str(&text.decode()),
            Piece::Text(text) => told.push(text.decode().into_owned()),
            Piece::Call(call) => {
                told.push(format!("{}({})", call.name, call.arguments));
                in_text = false;
                continue;
            }
        }
        in_text = true;
    }
    told
}

fn letters(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

#[track_caller]
fn check(label: &str, text: &str, told: &[&str]) {
    assert_eq!(read(&[text], Place::Answer, true), told, "{label}");
    let letters = letters(text);
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    assert_eq!(read(&letters, Place::Answer, true), told, "{label}, letter by letter");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn calls_of_every_form_are_found() {
    for (label, text, told) in [
        (
            "Hermes",
            "Let me see.\n<tool_call>\n{\"name\": \"Bash\", \"arguments\": {\"command\": \"ls\"}}\n</tool_call>",
            vec!["Let me see.\n", "Bash({\"command\": \"ls\"})"],
        ),
        (
            "Hermes: two calls, arguments as text, the closer within them",
            "<tool_call>{\"arguments\":\"{\\\"command\\\":\\\"</tool_call>\\\"}\",\"name\":\"Bash\"}</tool_call>\n\
             <tool_call>{\"name\":\"Read\",\"arguments\":null}</tool_call> done",
            vec!["Bash({\"command\":\"</tool_call>\"})", "\n", "Read({})", " done"],
        ),
        (
            "Hermes: the last closer is missing",
            "<tool_call>\n{\"name\":\"Bash\",\"arguments\":{}}\n",
            vec!["Bash({})"],
        ),
        (
            "GLM",
            "<tool_call>Bash\n<arg_key>command</arg_key>\n<arg_value>echo 5</arg_value>\n<arg_key>timeout</arg_key>\n\
             <arg_value>5</arg_value>\n</tool_call>",
            vec!["Bash({\"command\":\"echo 5\",\"timeout\":5})"],
        ),
        (
            "GLM: without line breaks, the closer of a value within it",
            "<tool_call>Bash<arg_key>command</arg_key><arg_value>a</arg_value>b</arg_value></tool_call>",
            vec!["Bash({\"command\":\"a</arg_value>b\"})"],
        ),
        ("GLM: no arguments", "<tool_call>Bash\n</tool_call>", vec!["Bash({})"]),
        (
            "Qwen Coder",
            "<tool_call>\n<function=Bash>\n<parameter=command>\nls\n\npwd\n</parameter>\n<parameter=timeout>\n10\n\
             </parameter>\n</function>\n</tool_call>",
            vec!["Bash({\"command\":\"ls\\n\\npwd\",\"timeout\":10})"],
        ),
        (
            "Qwen Coder: without the outer tag, which is closed all the same",
            "So:\n<function=Read>\n<parameter=path>\n/a\n</parameter>\n</function>\n</tool_call>\nand",
            vec!["So:\n", "Read({\"path\":\"/a\"})", "\nand"],
        ),
        (
            "Qwen Coder: without the outer tag",
            "<function=Read><parameter=path>/a</parameter></function> and",
            vec!["Read({\"path\":\"/a\"})", " and"],
        ),
        (
            "MiniMax",
            "<minimax:tool_call>\n<invoke name=\"Bash\">\n<parameter name=\"command\">ls\n</parameter>\n</invoke>\n\
             <invoke name=\"Read\">\n<parameter name=\"lines\">[1, 2]</parameter>\n</invoke>\n</minimax:tool_call>",
            vec!["Bash({\"command\":\"ls\\n\"})", "Read({\"lines\":[1, 2]})"],
        ),
        (
            "Kimi",
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.Bash:0<|tool_call_argument_begin|>\
             {\"command\":\"ls\"}<|tool_call_end|><|tool_call_begin|>functions.Read:1<|tool_call_argument_begin|>{}\
             <|tool_call_end|><|tool_calls_section_end|>",
            vec!["Bash({\"command\":\"ls\"})", "Read({})"],
        ),
        (
            "Kimi: spaces between the tokens, no section's end",
            "Hm. <|tool_calls_section_begin|> <|tool_call_begin|> functions.Bash:0 <|tool_call_argument_begin|> \
             {\"command\": \"ls\"} <|tool_call_end|> ",
            vec!["Hm. ", "Bash({\"command\": \"ls\"})"],
        ),
        (
            "Kimi: without a section",
            "<|tool_call_begin|>Bash:12<|tool_call_argument_begin|>{}<|tool_call_end|>",
            vec!["Bash({})"],
        ),
        (
            "DeepSeek V3: JSON in a fence",
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>Bash\n```json\n{\"command\":\"ls\"}\n```\
             <｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            vec!["Bash({\"command\":\"ls\"})"],
        ),
        (
            "DeepSeek V3.1",
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>Bash<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            vec!["Bash({})"],
        ),
        (
            "DeepSeek V3.2",
            "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"Bash\">\n<｜DSML｜parameter name=\"command\" string=\"true\">\
             5</｜DSML｜parameter>\n<｜DSML｜parameter name=\"timeout\" string=\"false\">1.50</｜DSML｜parameter>\n\
             </｜DSML｜invoke>\n</｜DSML｜function_calls>",
            vec!["Bash({\"command\":\"5\",\"timeout\":1.50})"],
        ),
    ] {
        check(label, text, &told);
    }
}

#[test]
fn what_is_no_call_stays_text_to_the_byte() {
    for (label, text) in [
        ("a tool that was not offered", "<tool_call>{\"name\":\"Write\",\"arguments\":{}}</tool_call>"),
        ("GLM: a tool that was not offered", "<tool_call>Write\n</tool_call>"),
        ("Qwen: a tool that was not offered", "<function=Write></function>"),
        (
            "Kimi: a tool that was not offered",
            "<|tool_call_begin|>Write:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
        ),
        (
            "one of two",
            "<minimax:tool_call><invoke name=\"Bash\"></invoke><invoke name=\"X\"></invoke></minimax:tool_call>",
        ),
        ("broken JSON", "<tool_call>{\"name\":\"Bash\",\"arguments\":{\"command\":ls}}</tool_call> so"),
        ("arguments that are no object", "<tool_call>{\"name\":\"Bash\",\"arguments\":[1]}</tool_call>"),
        (
            "an argument twice",
            "<function=Bash><parameter=a>1</parameter><parameter=a>2</parameter></function>",
        ),
        ("words about a tag", "Use <tool_call> tags, or a < b, or <function=name>."),
        ("in a fence", "```xml\n<tool_call>{\"name\":\"Bash\",\"arguments\":{}}</tool_call>\n```\n"),
        ("in a fence that stays open", "~~~\n<function=Bash></function>"),
        ("in an inline code", "Write `<tool_call>{\"name\":\"Bash\",\"arguments\":{}}</tool_call>`."),
        ("an empty section", "<|tool_calls_section_begin|><|tool_calls_section_end|>"),
        ("cut off within the arguments", "<tool_call>{\"name\":\"Bash\",\"arguments\":{\"command\":\"l"),
        ("cut off within the opener", "and <tool_ca"),
        ("a closer of nothing", "</tool_call>"),
    ] {
        check(label, text, &[text]);
    }
}

#[test]
fn a_call_behind_one_that_failed_is_found() {
    let (bad, good) = ("<tool_call>{\"name\":\"X\"}</tool_call>", "<function=Bash></function>");
    check("behind", &format!("{bad}{good}"), &[bad, "Bash({})"]);
    check(
        "after a fence",
        &format!("```\n{good}\n```\n{good}"),
        &["```\n<function=Bash></function>\n```\n", "Bash({})"],
    );
}

#[test]
fn an_answer_that_was_cut_off_holds_no_call_that_lacks_its_end() {
    let text = "<tool_call>{\"name\":\"Bash\",\"arguments\":{}}";
    assert_eq!(read(&[text], Place::Answer, false), [text]);
}

#[test]
fn in_reasoning_only_special_tokens_are_meant() {
    let kimi = "<|tool_call_begin|>Bash:0<|tool_call_argument_begin|>{}<|tool_call_end|>";
    assert_eq!(read(&[kimi], Place::Reasoning, true), ["Bash({})"]);
    assert_eq!(read(&["<function=Bash></function>"], Place::Reasoning, true), ["<function=Bash></function>"]);
}

#[test]
fn only_what_may_become_a_call_is_held_back_and_not_without_end() {
    let mut calls = WrittenCalls::new(tools(), Place::Answer);
    for (piece, held) in [
        ("a < b", 0),
        (" <to", 3),
        ("ol", 5),
        ("d", 0),
        (" <tool_call>", 11),
        ("Wr", 0),
        ("<tool_call>B", 12),
    ] {
        calls.feed(JsonStr::from(piece), &mut Vec::new());
        assert_eq!(calls.held.len(), held, "{piece}");
    }
    let long = "x".repeat(700_000);
    let text = format!("<function=Bash><parameter=command>{long}{long}</parameter></function>");
    check_long(&text, &text);
    let fits = format!("<function=Bash><parameter=command>{long}</parameter></function>");
    check_long(&fits, &format!("Bash({{\"command\":\"{long}\"}})"));
}

/// In pieces of a size that has nothing to do with the bounds.
fn check_long(text: &str, told: &str) {
    let pieces: Vec<&str> =
        (0..text.len()).step_by(9_973).map(|at| &text[at..text.len().min(at + 9_973)]).collect();
    for pieces in [vec![text], pieces] {
        assert!(read(&pieces, Place::Answer, true) == [told], "{} pieces", pieces.len());
    }
}

#[test]
fn text_without_a_trace_of_a_call_passes_as_it_came() {
    let raw: JsonStr<'_> = serde_json::from_str(r#""plain text""#).unwrap();
    let mut out = Vec::new();
    WrittenCalls::new(tools(), Place::Answer).feed(raw, &mut out);
    assert!(matches!(out.as_slice(), [Piece::Text(JsonStr::Raw(_))]));
}

/// Scraps of which calls are made, well or badly.
const SCRAPS: &[&str] = &[
    "<tool_call>",
    "</tool_call>",
    "<function=",
    "Bash",
    ">",
    "</function>",
    "<parameter=command>",
    "ls",
    "</parameter>",
    "{\"name\":\"Bash\",\"arguments\":{}}",
    "{\"name\":\"X\"}",
    "\n",
    " ",
    "```",
    "`",
    "~~~",
    "<",
    "é",
    "<arg_key>k</arg_key>",
    "<arg_value>5</arg_value>",
    "<minimax:tool_call>",
    "<invoke name=\"Read\">",
    "</invoke>",
    "</minimax:tool_call>",
    "<parameter name=\"path\">",
    "<|tool_calls_section_begin|>",
    "<|tool_call_begin|>",
    "functions.Bash:0",
    "<|tool_call_argument_begin|>",
    "{}",
    "<|tool_call_end|>",
    "<|tool_calls_section_end|>",
    "<function=Bash>",
    "<｜DSML｜function_calls>",
    "<｜DSML｜invoke name=\"Bash\">",
    "</｜DSML｜invoke>",
    "</｜DSML｜function_calls>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_the_text_is_cut_it_holds_the_same_calls(
        scraps in proptest::collection::vec(select(SCRAPS), 0..14),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..8),
        is_whole in any::<bool>(),
    ) {
        let text = scraps.concat();
        let whole = read(&[&text], Place::Answer, is_whole);
        let letters = letters(&text);
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        prop_assert_eq!(&read(&letters, Place::Answer, is_whole), &whole);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| floor(&text, cut.index(text.len() + 1))).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&str> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&read(&pieces, Place::Answer, is_whole), &whole);
    }
}
