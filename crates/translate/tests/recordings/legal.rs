//! The grammar of the Messages stream, checked to the letter, and the answer that a client reads from it.

use serde_json::Value;

/// What a client makes of a stream.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) thinking: String,
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) stop: String,
    pub(crate) usage: [u64; 4],
    /// The stream reached `message_stop`.
    pub(crate) complete: bool,
}

/// Reads a stream strictly. Panics with the offence where the stream is not legal.
pub(crate) fn read(stream: &[u8]) -> Answer {
    let text = std::str::from_utf8(stream).expect("UTF-8");
    let mut reader = Reader::default();
    for frame in text.split_terminator("\n\n") {
        let (event, data) = frame.split_once('\n').expect("two lines a frame");
        let name = event.strip_prefix("event: ").expect("an event name");
        let data: Value =
            serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON data");
        assert_eq!(data["type"], name, "the name is the type");
        assert!(!reader.answer.complete, "nothing after message_stop");
        reader.take(name, &data);
    }
    assert!(text.is_empty() || text.ends_with("\n\n"), "whole frames");
    reader.answer
}

#[derive(Default)]
struct Reader {
    answer: Answer,
    begun: bool,
    ended: bool,
    blocks: u64,
    open: Option<Open>,
    ids: Vec<String>,
    /// Searches whose result has not come.
    searches: Vec<String>,
}

struct Open {
    kind: String,
    held: String,
    signed: bool,
}

impl Reader {
    fn take(&mut self, name: &str, data: &Value) {
        assert!(self.begun != (name == "message_start"), "message_start is first, and once");
        assert!(!self.ended || name == "message_stop", "only message_stop follows message_delta");
        match name {
            "message_start" => {
                self.begun = true;
                let message = &data["message"];
                assert_eq!(message["type"], "message");
                assert_eq!(message["role"], "assistant");
                assert!(message["id"].as_str().is_some_and(|id| id.starts_with("msg_")));
                assert!(message["model"].is_string() && message["content"] == Value::Array(Vec::new()));
                assert!(message["stop_reason"].is_null() && message["stop_sequence"].is_null());
                for count in ["input_tokens", "output_tokens"] {
                    assert!(message["usage"][count].is_u64(), "{count}");
                }
            }
            "content_block_start" => self.start(data),
            "content_block_delta" => self.delta(data),
            "content_block_stop" => self.stop(data),
            "message_delta" => {
                assert!(self.open.is_none(), "a block is open at message_delta");
                self.ended = true;
                data["delta"]["stop_reason"]
                    .as_str()
                    .expect("a stop reason")
                    .clone_into(&mut self.answer.stop);
                let count = |name: &str| data["usage"][name].as_u64().expect("a count");
                self.answer.usage = [
                    count("input_tokens"),
                    count("cache_read_input_tokens"),
                    count("cache_creation_input_tokens"),
                    count("output_tokens"),
                ];
            }
            "message_stop" => {
                assert!(self.ended, "message_delta comes before message_stop");
                self.answer.complete = true;
            }
            other => panic!("an event that the API does not have: {other}"),
        }
    }

    fn start(&mut self, data: &Value) {
        assert!(self.open.is_none(), "one block at a time");
        assert_eq!(data["index"].as_u64(), Some(self.blocks), "indices count from 0");
        let block = &data["content_block"];
        let kind = block["type"].as_str().expect("a block type").to_owned();
        match kind.as_str() {
            "text" => assert_eq!(block["text"], ""),
            "thinking" => assert!(block["thinking"] == "" && block["signature"] == ""),
            "redacted_thinking" => assert!(block["data"].as_str().is_some_and(|data| !data.is_empty())),
            "tool_use" => {
                let id = block["id"].as_str().expect("an id").to_owned();
                assert!(
                    id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') && !id.is_empty()
                );
                assert!(!self.ids.contains(&id), "ids are unique");
                self.ids.push(id);
                assert_eq!(block["input"], Value::Object(serde_json::Map::new()));
                self.answer.calls.push((block["name"].as_str().expect("a name").to_owned(), String::new()));
            }
            "server_tool_use" => {
                let id = block["id"].as_str().expect("an id").to_owned();
                assert!(block["name"].is_string());
                assert_eq!(block["input"], Value::Object(serde_json::Map::new()));
                self.searches.push(id);
            }
            "web_search_tool_result" => {
                let id = block["tool_use_id"].as_str().expect("the id of its call");
                assert_eq!(self.searches.pop().as_deref(), Some(id), "the result follows its call");
                assert!(block["content"].is_array());
            }
            "web_fetch_tool_result" => {
                let id = block["tool_use_id"].as_str().expect("the id of its call");
                assert_eq!(self.searches.pop().as_deref(), Some(id), "the result follows its call");
                let content = &block["content"];
                match content["type"].as_str() {
                    Some("web_fetch_result") => {
                        let (document, at) = (&content["content"], &content["retrieved_at"]);
                        assert!(content["url"].is_string() && (at.is_string() || at.is_null()), "{content}");
                        assert!(document["type"] == "document" && document["source"]["data"].is_string());
                        assert_eq!(document["source"]["type"], "text");
                    }
                    _ => assert!(
                        content["type"] == "web_fetch_tool_result_error" && content["error_code"].is_string()
                    ),
                }
            }
            other => panic!("a block that chat completions cannot give: {other}"),
        }
        self.open = Some(Open { kind, held: String::new(), signed: false });
    }

    fn delta(&mut self, data: &Value) {
        let open = self.open.as_mut().expect("a delta needs an open block");
        assert_eq!(data["index"].as_u64(), Some(self.blocks), "a delta belongs to the open block");
        let delta = &data["delta"];
        let piece = |name: &str| delta[name].as_str().expect("text of the delta").to_owned();
        match (delta["type"].as_str().expect("a delta type"), open.kind.as_str()) {
            ("text_delta", "text") => {
                open.held.push_str(&piece("text"));
                self.answer.text.push_str(&piece("text"));
            }
            ("thinking_delta", "thinking") => {
                assert!(!open.signed, "thinking after its signature");
                open.held.push_str(&piece("thinking"));
                self.answer.thinking.push_str(&piece("thinking"));
            }
            ("citations_delta", "text") => {
                let citation = &delta["citation"];
                assert_eq!(citation["type"], "web_search_result_location");
                let texts = ["cited_text", "url", "encrypted_index"];
                assert!(texts.iter().all(|name| citation[name].is_string()), "{citation}");
                assert!(citation["title"].is_string() || citation["title"].is_null(), "{citation}");
            }
            ("signature_delta", "thinking") => open.signed = !piece("signature").is_empty(),
            ("input_json_delta", "tool_use") => {
                let call = self.answer.calls.last_mut().expect("an open call");
                call.1.push_str(&piece("partial_json"));
            }
            ("input_json_delta", "server_tool_use") => open.held.push_str(&piece("partial_json")),
            (delta, block) => panic!("{delta} in a {block} block"),
        }
    }

    fn stop(&mut self, data: &Value) {
        let open = self.open.take().expect("a stop needs an open block");
        assert_eq!(data["index"].as_u64(), Some(self.blocks));
        assert!(open.kind != "text" || !open.held.is_empty(), "an empty text block");
        let is_input = || serde_json::from_str::<serde_json::Map<String, Value>>(&open.held).is_ok();
        assert!(open.kind != "server_tool_use" || is_input(), "arguments of a server tool: {}", open.held);
        assert!(open.kind != "thinking" || open.signed, "thinking without a signature");
        self.blocks += 1;
    }
}
