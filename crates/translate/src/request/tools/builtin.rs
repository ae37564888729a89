//! Anthropic's client-side tools: Claude knows their schemas by heart, other models must be told.
//!
//! Shapes are those of Anthropic's public tool reference.

/// A tool that the client runs and whose schema it does not send.
#[derive(Debug)]
pub(super) struct Builtin {
    pub(super) description: &'static str,
    pub(super) parameters: &'static str,
}

pub(super) static BASH: Builtin = Builtin {
    description: "Run a command in a bash shell that keeps its state between calls. Set restart to start the shell anew.",
    parameters: r#"{"type":"object","properties":{"command":{"type":"string","description":"The command to run"},"restart":{"type":"boolean","description":"Start the shell anew"}}}"#,
};

pub(super) static TEXT_EDITOR: Builtin = Builtin {
    description: "View, create and edit text files. view shows a file or folder; create writes a new file; str_replace replaces one exact, unique text; insert puts text after a line.",
    parameters: r#"{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert"]},"path":{"type":"string","description":"Absolute path"},"file_text":{"type":"string","description":"For create: the whole text"},"old_str":{"type":"string","description":"For str_replace: the text to replace, exactly once in the file"},"new_str":{"type":"string","description":"For str_replace: the new text"},"insert_line":{"type":"integer","description":"For insert: the line after which to insert, 0 for the top"},"insert_text":{"type":"string","description":"For insert: the text"},"view_range":{"type":"array","items":{"type":"integer"},"description":"For view: first and last line"}},"required":["command","path"]}"#,
};

pub(super) static COMPUTER: Builtin = Builtin {
    description: "Use a screen, mouse and keyboard: take a screenshot, move and click at a coordinate, type text, press keys, scroll, wait.",
    parameters: r#"{"type":"object","properties":{"action":{"type":"string","enum":["screenshot","left_click","right_click","middle_click","double_click","triple_click","left_click_drag","left_mouse_down","left_mouse_up","mouse_move","type","key","hold_key","scroll","cursor_position","wait"]},"coordinate":{"type":"array","items":{"type":"integer"},"description":"x and y in pixels"},"start_coordinate":{"type":"array","items":{"type":"integer"}},"text":{"type":"string","description":"Text to type, or the key"},"scroll_direction":{"type":"string","enum":["up","down","left","right"]},"scroll_amount":{"type":"integer"},"duration":{"type":"number","description":"Seconds"}},"required":["action"]}"#,
};

pub(super) static MEMORY: Builtin = Builtin {
    description: "Keep notes in files below /memories: view, create, str_replace, insert, delete, rename.",
    parameters: r#"{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","delete","rename"]},"path":{"type":"string"},"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},"insert_line":{"type":"integer"},"insert_text":{"type":"string"},"old_path":{"type":"string"},"new_path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}}},"required":["command"]}"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_is_an_object_schema() {
        for (name, tool) in
            [("bash", &BASH), ("text_editor", &TEXT_EDITOR), ("computer", &COMPUTER), ("memory", &MEMORY)]
        {
            let schema: serde_json::Value = serde_json::from_str(tool.parameters).unwrap();
            assert_eq!(schema["type"], "object", "{name}");
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            assert!(
                required.iter().all(|field| schema["properties"][field.as_str().unwrap()].is_object()),
                "{name}"
            );
        }
    }
}
