//! What a browser shows that has come back from OpenRouter: one sentence, and nothing of any secret.

use turnpike_api::command::{LoginReply, LoginState};

/// The page. It takes nothing from elsewhere and runs nothing.
pub(super) fn page(reply: &LoginReply) -> String {
    let title = match reply.state {
        LoginState::Done => "Turnpike has its key",
        _ => "Turnpike got no key",
    };
    let message = escaped(&capitalised(&reply.message));
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"color-scheme\" content=\"light dark\"><main><h1>{title}</h1><p role=\"status\">{message}</p>\
         <p>You can close this tab.</p></main></html>\n"
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

/// The sentence may hold words of the upstream's.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_stay_words() {
        let reply = LoginReply {
            state: LoginState::Failed,
            url: None,
            redirect_file: None,
            until: None,
            masked: None,
            message: "OpenRouter gave no key (<script>alert(\"1\")</script> & more)".to_owned(),
        };
        let page = page(&reply);
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;alert(&quot;1&quot;)"), "{page}");
    }
}
