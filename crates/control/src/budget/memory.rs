//! What outlives a restart, between the counters' words and those of `state.json`.

use jiff::Timestamp;
use turnpike_budget::{Raise, Scope, Span};
use turnpike_proxy::Watermark;
use turnpike_settings::{BudgetMemory, KeptRaise};
use turnpike_wire::money::NanoUsd;

/// Reads what was kept; what makes no sense is left out. `newest`: the number of the ledger's newest row. Without a
/// memory all its rows are believed to bear their own times, and a memory of more rows is that of another ledger.
pub(super) fn read(memory: &BudgetMemory, newest: i64) -> (Watermark, Vec<Raise>) {
    let row = if memory.latest == 0 { newest } else { memory.row.min(newest) };
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
    (Watermark { latest: at(memory.latest), row }, raises.collect())
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
        assert_eq!(read(&memory, 9), (mark, raises));
    }

    #[test]
    fn rows_of_another_ledger_are_not_taken_for_later_ones() {
        let memory = |latest, row| BudgetMemory { latest, row, raises: Vec::new() };
        let rows = [
            ("no memory", memory(0, 0), 7, 7),
            ("rows since", memory(1_800_000_000, 3), 7, 3),
            ("none since", memory(1_800_000_000, 7), 7, 7),
            ("a new ledger", memory(1_800_000_000, 9), 2, 2),
        ];
        for (name, memory, newest, expected) in rows {
            assert_eq!(read(&memory, newest).0.row, expected, "{name}");
        }
    }
}
