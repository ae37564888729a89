//! What is measured, and what it is measured with: processes on cores of their own, ended with the run.

pub mod front;
pub mod nginx;
pub mod peers;
pub mod process;
pub mod simulator;
pub mod turnpike;

use crate::load::{Dialect, Question};
use process::Tree;

/// The key that every way shows the simulator.
pub(crate) const KEY: &str = "sk-or-v1-bench";

/// A way to ask: where to, in which API, and what stands in between.
#[derive(Debug)]
pub struct Way {
    /// Its name in the tables.
    pub name: String,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The API it speaks.
    pub dialect: Dialect,
    /// Path and query of a question.
    pub path: String,
    /// Further header lines, each ended by CR LF.
    pub headers: String,
    /// What the model name gets in front, where a proxy wants it so.
    pub model_prefix: &'static str,
    /// What stands in between; `None` for the bare simulator.
    pub tree: Option<Tree>,
}

// === impl Way ===

impl Way {
    /// The simulator itself, in its own API.
    #[must_use]
    pub fn direct(name: &str, address: &str) -> Self {
        Self {
            name: name.to_owned(),
            address: address.to_owned(),
            dialect: Dialect::Chat,
            path: "/api/v1/chat/completions".to_owned(),
            headers: format!("authorization: Bearer {KEY}\r\n"),
            model_prefix: "",
            tree: None,
        }
    }

    /// What speaks the Messages API, asked as Claude Code asks.
    #[must_use]
    pub fn messages(name: &str, address: &str, token: &str, tree: Option<Tree>) -> Self {
        Self {
            name: name.to_owned(),
            address: address.to_owned(),
            dialect: Dialect::Messages,
            path: "/v1/messages?beta=true".to_owned(),
            headers: format!(
                "authorization: Bearer {token}\r\nanthropic-version: 2023-06-01\r\n\
                 anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14\r\n\
                 user-agent: claude-cli/2.1.329 (external, cli)\r\nx-app: cli\r\n\
                 x-claude-code-session-id: 7d0c5e0e-4b6f-4a59-9d0b-2f4a1c3e5a77\r\n\
                 x-claude-code-request-class: main\r\n"
            ),
            model_prefix: "",
            tree,
        }
    }

    /// The bytes of a question.
    #[must_use]
    pub fn request(&self, question: &Question) -> Vec<u8> {
        let model = format!("{}{}", self.model_prefix, question.model);
        let body = Question { model, ..question.clone() }.json(self.dialect);
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\n{}content-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n",
            self.path,
            self.address,
            self.headers,
            body.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body.as_bytes());
        request
    }

    /// The bytes of a `GET`.
    #[must_use]
    pub fn get(address: &str, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes()
    }
}
