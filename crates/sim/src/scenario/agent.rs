//! A scripted agent, driven by nothing but the conversation in the request: each step is taken when its
//! tool is on offer and was not called yet.

use serde_json::{Value, json};

use super::{Answer, Scenario, Stage, assistant, reasoning, row, tools};
use crate::conversation::Conversation;
use crate::script::{Act, Ending, Script};

pub(super) const ALL: &[Scenario] = &[
    row("agent", play, "A whole agent loop; `png=`, `pdf=`, `out=` and `agent=yes` in the prompt add steps."),
    row("sub-agent", |stage| sub_agent(stage, &stage.conversation()), "One command, then a last word."),
];

/// What the agent writes into the file named by `out=`.
const WRITTEN: &str = "héllo \"wörld\" 你好\n";
/// How a prompt that the agent itself gave to a sub-agent is told from the user's.
const SUB_AGENT: &str = "simulated-sub-agent";

/// One call of the loop.
struct Step {
    say: &'static str,
    tool: &'static str,
    arguments: Value,
}

fn play(stage: &Stage<'_>) -> Answer {
    let conversation = stage.conversation();
    if let Some(answer) = assistant::side_request(stage, &conversation) {
        return answer;
    }
    if conversation.tools.is_empty() {
        return Answer::script(Script::text("A short simulated answer."));
    }
    if conversation.user_texts.iter().any(|text| text.contains(SUB_AGENT)) {
        return sub_agent(stage, &conversation);
    }
    if conversation.offers("Bash").is_some() && !conversation.called("Bash", None) {
        return opening(stage, &conversation);
    }
    match next_step(&conversation) {
        Some(step) => take(stage, &conversation, &step),
        None => Answer::script(Script::text("ALL DONE")),
    }
}

/// Thinking, a word, and two `Bash` calls whose fragments alternate.
fn opening(stage: &Stage<'_>, conversation: &Conversation) -> Answer {
    let mut acts = reasoning::claude_thinking(&["Two commands ", "can run ", "side by side."]);
    acts.push(Act::text("I start with two commands."));
    let bash = |index: u64, command: &str| {
        let arguments = json!({"command": command, "description": "Print a line"});
        call(stage, conversation, index, "Bash", arguments)
    };
    acts.extend(tools::interleave(vec![bash(0, "echo first && pwd"), bash(1, "echo second")]));
    Answer::script(Script::new(acts, tools::tool_use()))
}

fn next_step(conversation: &Conversation) -> Option<Step> {
    let open = |tool: &str, argument: Option<(&str, &str)>| {
        conversation.offers(tool).is_some() && !conversation.called(tool, argument)
    };
    for (key, say) in [("png", "I look at the picture."), ("pdf", "I read the document.")] {
        if let Some(path) = conversation.setting(key)
            && open("Read", Some(("file_path", path)))
        {
            return Some(Step { say, tool: "Read", arguments: json!({"file_path": path}) });
        }
    }
    if open("ToolSearch", None) {
        let arguments = json!({"query": "select:WebSearch", "max_results": 5});
        return Some(Step { say: "I need the web.", tool: "ToolSearch", arguments });
    }
    if open("WebSearch", None) {
        let arguments = json!({"query": "Rust programming language"});
        return Some(Step { say: "I search the web.", tool: "WebSearch", arguments });
    }
    if conversation.setting("agent") == Some("yes") && open("Agent", None) {
        let prompt = format!("{SUB_AGENT}: run one command, then say that you are done.");
        let arguments =
            json!({"description": "Run a command", "prompt": prompt, "subagent_type": "general-purpose"});
        return Some(Step { say: "I ask a sub-agent.", tool: "Agent", arguments });
    }
    let path = conversation.setting("out").filter(|_| open("Write", None))?;
    let arguments = json!({"file_path": path, "content": WRITTEN});
    Some(Step { say: "I write the file.", tool: "Write", arguments })
}

fn take(stage: &Stage<'_>, conversation: &Conversation, step: &Step) -> Answer {
    let mut acts: Vec<Act> = step.say.split_inclusive(' ').map(Act::text).collect();
    acts.extend(call(stage, conversation, 0, step.tool, step.arguments.clone()));
    Answer::script(Script::new(acts, tools::tool_use()))
}

fn sub_agent(stage: &Stage<'_>, conversation: &Conversation) -> Answer {
    if conversation.offers("Bash").is_none() || conversation.called("Bash", None) {
        return Answer::script(Script::new([Act::text("SUB-AGENT "), Act::text("DONE")], Ending::stop()));
    }
    let arguments = json!({"command": "echo sub-agent", "description": "Print a line"});
    command(stage, conversation, "One command.", arguments)
}

/// One call of `Bash`.
pub(super) fn command(
    stage: &Stage<'_>,
    conversation: &Conversation,
    say: &'static str,
    arguments: Value,
) -> Answer {
    take(stage, conversation, &Step { say, tool: "Bash", arguments })
}

fn call(
    stage: &Stage<'_>,
    conversation: &Conversation,
    index: u64,
    tool: &str,
    arguments: Value,
) -> Vec<Act> {
    let arguments = tools::arguments(conversation, tool, arguments);
    let mut acts = vec![Act::call(index, stage.call_id(), tool)];
    acts.extend(tools::fragments(&arguments, 5).into_iter().map(|piece| Act::args(index, piece)));
    acts
}
