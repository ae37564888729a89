//! `ANTHROPIC_API_KEY` for clients that know no other variable: LangChain, LiteLLM, Pydantic AI, the AI SDK, `llm`.
//!
//! Claude Code gets it empty: it would ask its user about a key, or warn that two credentials are set. So does what
//! people start it in (shells, terminals, editors, scripts of a package), and whatever names it among its arguments.

use std::ffi::OsString;

use turnpike_api::command::Variable;

use crate::claude;

const TOKEN: &str = "ANTHROPIC_AUTH_TOKEN";
const API_KEY: &str = "ANTHROPIC_API_KEY";
/// Programs in which people start others, or which start what they are not told here.
const STARTERS: [&[&str]; 5] = [
    &[
        "sh",
        "bash",
        "zsh",
        "fish",
        "nu",
        "pwsh",
        "powershell",
        "cmd",
        "dash",
        "ksh",
        "csh",
        "tcsh",
        "xonsh",
        "elvish",
    ],
    &["tmux", "screen", "zellij", "byobu", "dtach", "abduco", "script"],
    &[
        "xterm",
        "urxvt",
        "alacritty",
        "kitty",
        "foot",
        "ghostty",
        "wezterm",
        "konsole",
        "ptyxis",
        "kgx",
        "tilix",
        "terminator",
        "gnome-terminal",
        "xfce4-terminal",
        "x-terminal-emulator",
        "wt",
        "open",
    ],
    &[
        "code",
        "code-insiders",
        "codium",
        "vscodium",
        "cursor",
        "windsurf",
        "zed",
        "zeditor",
        "vi",
        "vim",
        "nvim",
        "emacs",
        "emacsclient",
        "hx",
        "helix",
        "kate",
        "subl",
        "idea",
        "pycharm",
        "webstorm",
        "phpstorm",
        "rubymine",
        "goland",
        "clion",
        "rider",
    ],
    &["npm", "pnpm", "yarn", "nix-shell"],
];
/// Programs that start what is named behind their own options.
const WRAPPERS: [&str; 17] = [
    "env",
    "sudo",
    "doas",
    "timeout",
    "nohup",
    "nice",
    "ionice",
    "setsid",
    "stdbuf",
    "time",
    "caffeinate",
    "direnv",
    "ssh-agent",
    "dbus-run-session",
    "systemd-run",
    "systemd-inhibit",
    "xvfb-run",
];
/// What tools that keep environments start a shell by: `poetry shell`, `nix develop`.
const SHELLS_OF_TOOLS: [&str; 2] = ["shell", "develop"];

/// Gives the token as API key too, unless the command may lead to Claude Code.
pub(super) fn give(command: &[OsString], variables: &mut [Variable]) {
    if !may_lead_to_claude(command) {
        fill(variables);
    }
}

/// The token as API key.
pub(in crate::command) fn fill(variables: &mut [Variable]) {
    let value =
        |name: &str| variables.iter().find(|variable| variable.name == name).map(|it| it.value.clone());
    let Some(token) = value(TOKEN) else { return };
    for variable in variables.iter_mut().filter(|variable| variable.name == API_KEY) {
        variable.value = token.clone();
    }
}

fn may_lead_to_claude(command: &[OsString]) -> bool {
    let mut stems = command.iter().map(|argument| claude::stem(argument));
    let is_starter = |stem: &String| STARTERS.iter().any(|programs| programs.contains(&stem.as_str()));
    let leads = match stems.next() {
        Some(program) if is_starter(&program) => true,
        // What is theirs and what is the program's cannot be told apart for each of them.
        Some(program) if WRAPPERS.contains(&program.as_str()) => stems.any(|stem| is_starter(&stem)),
        _ => stems.next().is_some_and(|word| SHELLS_OF_TOOLS.contains(&word.as_str())),
    };
    leads || command.iter().any(|argument| claude::is_named(argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_lead_to_claude_code_gets_no_key() {
        let rows = [
            ("claude", true),
            ("/usr/local/bin/claude -p Hi", true),
            ("Claude.exe", true),
            ("npx @anthropic-ai/claude-code@latest", true),
            ("node /x/node_modules/@anthropic-ai/claude-code/cli.js", true),
            ("pnpm dlx @anthropic-ai/claude-code", true),
            ("bunx @anthropic-ai/claude-code", true),
            ("npm run agent", true),
            ("yarn agent", true),
            ("env X=1 claude", true),
            ("env -i X=1 bash", true),
            ("env -u X bash", true),
            ("sudo -E bash", true),
            ("timeout 1h zsh", true),
            ("ssh-agent bash", true),
            ("direnv exec . bash", true),
            ("nix-shell", true),
            ("nix develop", true),
            ("poetry shell", true),
            ("timeout 60 claude -p Hi", true),
            ("uvx --with tool claude", true),
            ("bash -c ls", true),
            ("/usr/bin/fish", true),
            ("tmux new", true),
            ("zellij", true),
            ("gnome-terminal", true),
            ("code .", true),
            ("cursor .", true),
            ("zed .", true),
            ("nvim notes.md", true),
            // These know no other variable.
            ("python my_agent.py", false),
            ("node agent.js", false),
            ("npx my-agent", false),
            ("env DEBUG=1 python my_agent.py", false),
            ("timeout 60 python my_agent.py", false),
            ("poetry run python my_agent.py", false),
            ("llm -m claude-opus-5 Hi", false),
            ("aider CLAUDE.md", false),
            ("python code", false),
            ("env", false),
        ];
        for (line, expected) in rows {
            let command: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(may_lead_to_claude(&command), expected, "{line}");
        }
    }
}
