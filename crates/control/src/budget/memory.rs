//! What outlives a restart, between the counters' words and those of `state.json`.

use jiff::Timestamp;
use turnpike_budget::{Raise, Scope, Span};
use turnpike_proxy::Watermark;
use turnpike_settings::{BudgetMemory, KeptRaise};
use turnpike_wire::money::NanoUsd;

/// Reads what was kept; what makes no sense is left out.
pub(super) fn read(memory: &BudgetMemory) -> (Watermark, Vec<Raise>) {
    let at = |seconds| Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN);
    let raises = memory.raises.iter().filter_map(|kept| {
        Some(Raise {
            scope: match (&kept.client, &kept.project) {
                (Some(name), _) => Scope::Client(name.clone()),
                (None, Some(path)) => Scope::Project(path.clone()),
                (None, None) => Scope::All,
            },
            span: Span::parse(&kept.period)?,
            by: NanoUsd(kept.by_nanos.max(0)),
            until: at(kept.until),
        })
    });
    (Watermark { latest: at(memory.latest), row: memory.row }, raises.collect())
}

/// What is to be kept.
pub(super) fn of(mark: Watermark, raises: &[Raise]) -> BudgetMemory {
    let kept = raises.iter().map(|raise| KeptRaise {
        client: match &raise.scope {
            Scope::Client(name) => Some(name.clone()),
            Scope::All | Scope::Project(_) => None,
        },
        project: match &raise.scope {
            Scope::Project(path) => Some(path.clone()),
            Scope::All | Scope::Client(_) => None,
        },
        period: raise.span.as_str().to_owned(),
        by_nanos: raise.by.nanos(),
        until: raise.until.as_second(),
    });
    BudgetMemory { latest: mark.latest.as_second(), row: mark.row, raises: kept.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let raise = |scope| Raise { scope, span: Span::Weekly, by: NanoUsd(7), until: Timestamp::UNIX_EPOCH };
        let raises = vec![
            raise(Scope::All),
            raise(Scope::Client("ci".to_owned())),
            raise(Scope::Project("/p".to_owned())),
        ];
        let mark = Watermark { latest: Timestamp::from_second(1_800_000_000).unwrap(), row: 9 };
        let mut memory = of(mark, &raises);
        memory.raises.push(KeptRaise { period: "yearly".to_owned(), ..memory.raises[0].clone() });
        assert_eq!(read(&memory), (mark, raises));
    }
}
