//! `thinking` and `output_config.effort` in OpenRouter's terms: an effort or a budget, never both.

use turnpike_wire::anthropic::{Effort, MessagesRequest, ThinkingType};
use turnpike_wire::chat::Reasoning;

use super::{Notes, Target};
use crate::profile::ReasoningSupport;

/// What the client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// It did not say: the model's own default.
    Unsaid,
    Off,
    /// On, as the model decides.
    On,
    Effort(Effort),
    /// Tokens.
    Budget(u64),
}

/// Fewest tokens of a budget.
const LEAST_BUDGET: u64 = 1024;

/// The `reasoning` object, or none where the model's default is what is wanted. `max_tokens` is what is
/// sent: a budget must leave room for the answer.
pub(super) fn translate(
    request: &MessagesRequest<'_>,
    target: &Target<'_>,
    max_tokens: Option<u64>,
    notes: &mut Notes,
) -> Option<Reasoning> {
    let wish = wish(request, target);
    let positive = !matches!(wish, Wish::Unsaid | Wish::Off);
    let room = max_tokens.is_none_or(|max| max > LEAST_BUDGET);
    let wish = match wish {
        Wish::Budget(tokens) if room => {
            let most = max_tokens.map_or(u64::MAX, |max| max - 1);
            Wish::Budget(tokens.clamp(LEAST_BUDGET, most))
        }
        wish => wish,
    };
    match &target.profile.reasoning {
        ReasoningSupport::None => {
            if positive {
                notes.drop("thinking");
            }
            None
        }
        // Where effort becomes a budget, it would be one that leaves no room.
        ReasoningSupport::Supported { budget: true, .. } if positive && !room => {
            notes.drop("thinking (max_tokens leave no room)");
            None
        }
        ReasoningSupport::Unknown => unknown(wish, room),
        ReasoningSupport::Supported { efforts, mandatory, budget } => {
            supported(wish, efforts, *mandatory, *budget)
        }
    }
}

fn wish(request: &MessagesRequest<'_>, target: &Target<'_>) -> Wish {
    if let Some(effort) = target.overrides.effort {
        return if effort == Effort::None { Wish::Off } else { Wish::Effort(effort) };
    }
    if let Some(budget) = target.overrides.reasoning_max_tokens {
        return Wish::Budget(budget);
    }
    let effort = request.output_config.as_ref().and_then(|config| config.effort);
    match request.thinking.as_ref().map(|thinking| (thinking.kind, thinking.budget_tokens)) {
        Some((ThinkingType::Disabled, _)) => Wish::Off,
        Some((ThinkingType::Enabled, Some(budget))) => effort.map_or(Wish::Budget(budget), Wish::Effort),
        Some((ThinkingType::Adaptive | ThinkingType::Enabled, _)) => effort.map_or(Wish::On, Wish::Effort),
        // A model of which nothing is known may be one that refuses to do without.
        None if target.quick && target.profile.reasoning != ReasoningSupport::Unknown => Wish::Off,
        None => effort.map_or(Wish::Unsaid, Wish::Effort),
    }
}

/// OpenRouter itself maps what the model does not know.
fn unknown(wish: Wish, room: bool) -> Option<Reasoning> {
    match wish {
        Wish::Unsaid => None,
        Wish::Off => Some(Reasoning { enabled: Some(false), ..Reasoning::default() }),
        Wish::On => Some(Reasoning { enabled: Some(true), ..Reasoning::default() }),
        Wish::Effort(effort) => by_effort(effort),
        Wish::Budget(tokens) if room => by_budget(tokens),
        Wish::Budget(tokens) => by_effort(effort_of(tokens)),
    }
}

fn by_effort(effort: Effort) -> Option<Reasoning> {
    Some(Reasoning { effort: Some(effort), ..Reasoning::default() })
}

fn by_budget(tokens: u64) -> Option<Reasoning> {
    Some(Reasoning { max_tokens: Some(tokens), ..Reasoning::default() })
}

fn supported(wish: Wish, efforts: &[Effort], mandatory: bool, budget: bool) -> Option<Reasoning> {
    match wish {
        Wish::Unsaid => None,
        // What cannot be turned off is kept short.
        Wish::Off if mandatory => {
            efforts.iter().find(|effort| **effort != Effort::None).and_then(|least| by_effort(*least))
        }
        Wish::Off if efforts.contains(&Effort::None) => by_effort(Effort::None),
        Wish::Off => Some(Reasoning { enabled: Some(false), ..Reasoning::default() }),
        Wish::On => Some(Reasoning { enabled: Some(true), ..Reasoning::default() }),
        Wish::Effort(effort) => by_effort(nearest(effort, efforts)),
        Wish::Budget(tokens) if budget => by_budget(tokens),
        Wish::Budget(tokens) => by_effort(nearest(effort_of(tokens), efforts)),
    }
}

/// The effort that a budget of tokens stands for.
const fn effort_of(tokens: u64) -> Effort {
    match tokens {
        0..=4_096 => Effort::Low,
        4_097..=16_384 => Effort::Medium,
        16_385..=48_000 => Effort::High,
        _ => Effort::XHigh,
    }
}

/// The nearest effort that the model knows; of two equally near ones the greater.
fn nearest(wanted: Effort, known: &[Effort]) -> Effort {
    let rank = |effort: Effort| i32::from(effort as u8);
    let thinking = known.iter().copied().filter(|effort| *effort != Effort::None);
    thinking.min_by_key(|effort| ((rank(*effort) - rank(wanted)).abs(), -rank(*effort))).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_meet_abilities() {
        use Effort::{High, Low, Max, Medium};
        let known = |efforts: &[Effort], mandatory, budget| (efforts.to_vec(), mandatory, budget);
        let effort = |effort| Some(Reasoning { effort: Some(effort), ..Reasoning::default() });
        let enabled = |on| Some(Reasoning { enabled: Some(on), ..Reasoning::default() });
        let tokens = |n| Some(Reasoning { max_tokens: Some(n), ..Reasoning::default() });
        for (label, wish, (efforts, mandatory, budget), expected) in [
            ("default", Wish::Unsaid, known(&[Low, High], false, false), None),
            ("off", Wish::Off, known(&[Low, High], false, false), enabled(false)),
            ("off, by name", Wish::Off, known(&[Effort::None, Low], false, false), effort(Effort::None)),
            ("off, but mandatory", Wish::Off, known(&[Low, High], true, false), effort(Low)),
            ("off, mandatory, no efforts", Wish::Off, known(&[], true, false), None),
            ("adaptive", Wish::On, known(&[Low], false, false), enabled(true)),
            ("effort known", Wish::Effort(High), known(&[Low, High], false, false), effort(High)),
            ("effort between", Wish::Effort(Medium), known(&[Low, High], false, false), effort(High)),
            ("effort beyond", Wish::Effort(Max), known(&[Low, Medium], false, false), effort(Medium)),
            ("budget kept", Wish::Budget(31_999), known(&[], false, true), tokens(31_999)),
            ("budget as effort", Wish::Budget(31_999), known(&[Low, High], false, false), effort(High)),
        ] {
            assert_eq!(supported(wish, &efforts, mandatory, budget), expected, "{label}");
        }
    }
}
