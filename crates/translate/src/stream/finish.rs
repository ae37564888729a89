//! Why an answer ended.

use turnpike_wire::anthropic::StopReason;
use turnpike_wire::chat::Choice;

use super::segments::Tally;
use crate::failure::{Cause, Failure};

/// How the stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `[DONE]`, or the end of a whole answer.
    Done,
    /// The connection closed without `[DONE]`.
    Eof,
}

/// What the chunks said about the end. Finish reasons come once, twice or never.
#[derive(Clone, Debug, Default)]
pub(super) struct Finish {
    reason: Option<String>,
    native: Option<String>,
    /// Text came as a refusal.
    pub(super) refused: bool,
}

/// The stop reason, and the stop sequence where it can be known.
pub(super) type Conclusion = (StopReason, Option<String>);

// === impl Finish ===

impl Finish {
    pub(super) fn note(&mut self, choice: &Choice<'_>) {
        if let Some(reason) = choice.finish_reason.as_ref().filter(|reason| !reason.is_empty()) {
            self.reason = Some(reason.as_str().to_owned());
        }
        if let Some(native) = choice.native_finish_reason.as_ref().filter(|native| !native.is_empty()) {
            self.native = Some(native.as_str().to_owned());
        }
    }

    /// Whether the limit of tokens ended the answer.
    pub(super) fn is_cut(&self) -> bool {
        let native = self.native.as_deref().unwrap_or_default();
        self.reason.as_deref() == Some("length")
            || matches!(native, "length" | "max_output_tokens" | "MAX_TOKENS" | "max_tokens")
    }

    /// The table of finish reasons.
    pub(super) fn conclude(
        &self,
        ending: Ending,
        tally: Tally,
        model: &str,
        stop_sequence: Option<&str>,
    ) -> Result<Conclusion, Failure> {
        let reason = self.reason.as_deref().unwrap_or_default();
        let native = self.native.as_deref().unwrap_or_default();
        if reason.is_empty() && native.is_empty() && ending == Ending::Eof {
            return Err(Failure::ended_early());
        }
        if reason == "error" || (native == "MALFORMED_FUNCTION_CALL" && tally.calls == 0) {
            return Err(provider_error(native, model));
        }
        let cut = self.is_cut();
        let stop = match reason {
            _ if native == "model_context_window_exceeded" => StopReason::ModelContextWindowExceeded,
            // Anthropic paused a turn of server tools: the client sends it back to go on.
            _ if native == "pause_turn" && tally.calls == 0 => StopReason::PauseTurn,
            _ if tally.calls > 0 && (cut || tally.open_arguments) => StopReason::MaxTokens,
            "content_filter" => StopReason::Refusal,
            _ if tally.calls > 0 => StopReason::ToolUse,
            _ if cut => StopReason::MaxTokens,
            _ if self.refused || native == "refusal" => StopReason::Refusal,
            _ if tally.blocks == 0 => return Err(Failure::empty(model)),
            _ => StopReason::EndTurn,
        };
        // Which of several sequences it was, nobody says: then the answer just ended.
        match stop_sequence.filter(|_| stop == StopReason::EndTurn && native == "stop_sequence") {
            Some(sequence) => Ok((StopReason::StopSequence, Some(sequence.to_owned()))),
            None => Ok((stop, None)),
        }
    }
}

fn provider_error(native: &str, model: &str) -> Failure {
    let message = match native {
        "MALFORMED_FUNCTION_CALL" => {
            format!(
                "{model} made a malformed tool call and gave no answer. Try again; it mostly works the second time."
            )
        }
        "" | "error" => format!("The provider of {model} failed while it answered. Try again."),
        native => format!("The provider of {model} failed while it answered ({native}). Try again."),
    };
    Failure::new(Cause::Provider, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Tally = Tally { blocks: 1, calls: 0, open_arguments: false, searches: 0, fetches: 0 };
    const CALL: Tally = Tally { blocks: 1, calls: 1, open_arguments: false, searches: 0, fetches: 0 };
    const OPEN: Tally = Tally { blocks: 1, calls: 1, open_arguments: true, searches: 0, fetches: 0 };
    const NOTHING: Tally = Tally { blocks: 0, calls: 0, open_arguments: false, searches: 0, fetches: 0 };

    fn conclude(reason: &str, native: &str, ending: Ending, tally: Tally) -> Result<StopReason, Cause> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let finish = Finish { reason: some(reason), native: some(native), refused: false };
        finish.conclude(ending, tally, "a/b", None).map(|(stop, _)| stop).map_err(|failure| failure.cause)
    }

    #[test]
    fn the_table() {
        use Ending::*;
        use StopReason::*;
        for (reason, native, ending, tally, expected) in [
            ("stop", "stop", Done, TEXT, Ok(EndTurn)),
            ("stop", "end_turn", Eof, TEXT, Ok(EndTurn)),
            ("stop", "stop_sequence", Done, TEXT, Ok(EndTurn)),
            ("stop", "STOP", Done, CALL, Ok(ToolUse)),
            ("tool_calls", "tool_calls", Done, CALL, Ok(ToolUse)),
            ("tool_calls", "tool_calls", Done, TEXT, Ok(EndTurn)),
            ("tool_calls", "length", Done, CALL, Ok(MaxTokens)),
            ("tool_calls", "max_output_tokens", Done, OPEN, Ok(MaxTokens)),
            ("tool_calls", "stop", Done, OPEN, Ok(MaxTokens)),
            ("length", "MAX_TOKENS", Done, TEXT, Ok(MaxTokens)),
            ("length", "length", Done, NOTHING, Ok(MaxTokens)),
            ("content_filter", "content_filter", Done, TEXT, Ok(Refusal)),
            ("content_filter", "", Done, NOTHING, Ok(Refusal)),
            ("", "", Done, TEXT, Ok(EndTurn)),
            ("", "", Done, CALL, Ok(ToolUse)),
            ("novel", "", Done, TEXT, Ok(EndTurn)),
            ("stop", "pause_turn", Done, TEXT, Ok(PauseTurn)),
            ("stop", "pause_turn", Done, CALL, Ok(ToolUse)),
            ("", "", Eof, TEXT, Err(Cause::EndedEarly)),
            ("", "", Eof, NOTHING, Err(Cause::EndedEarly)),
            ("", "", Done, NOTHING, Err(Cause::Empty)),
            ("stop", "stop", Done, NOTHING, Err(Cause::Empty)),
            ("tool_calls", "", Done, NOTHING, Err(Cause::Empty)),
            ("error", "", Done, TEXT, Err(Cause::Provider)),
            ("stop", "MALFORMED_FUNCTION_CALL", Done, TEXT, Err(Cause::Provider)),
        ] {
            assert_eq!(
                conclude(reason, native, ending, tally),
                expected,
                "{reason}/{native} {ending:?} {tally:?}"
            );
        }
    }

    #[test]
    fn a_stop_sequence_is_named_where_it_can_be_known() {
        let sequence = Some("</s>");
        for (native, tally, known, expected) in [
            ("stop_sequence", TEXT, sequence, (StopReason::StopSequence, sequence)),
            ("stop_sequence", TEXT, None, (StopReason::EndTurn, None)),
            ("stop_sequence", CALL, sequence, (StopReason::ToolUse, None)),
            ("stop", TEXT, sequence, (StopReason::EndTurn, None)),
        ] {
            let finish =
                Finish { reason: Some("stop".to_owned()), native: Some(native.to_owned()), refused: false };
            let (stop, named) = finish.conclude(Ending::Done, tally, "a/b", known).unwrap();
            assert_eq!((stop, named.as_deref()), expected, "{native} {tally:?} {known:?}");
        }
    }
}
