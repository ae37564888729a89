//! Ids that this program makes up.

use std::fmt;
use std::io::{Cursor, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;

/// How the id of a request begins.
const REQUEST: &str = "req_tp";
/// The longest id of a request: its beginning, sixteen digits of the ledger's opening, a letter, a number.
const MAX_REQUEST: usize = REQUEST.len() + 16 + 1 + 20;

/// Makes ids. Clients merge turns that share one, so none comes twice, not even over restarts.
#[derive(Debug)]
pub(crate) struct Ids {
    instance: u64,
    /// When the ledger was opened, in Unix nanoseconds: rows of other ledgers have the same numbers.
    opened_at: i64,
    next: AtomicU64,
}

/// The id of a request, as its answer tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId {
    opened_at: i64,
    of: Of,
}

/// What a request is told from the others by.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// Number of its row.
    Row(i64),
    /// It has none: it was refused before, or costs nothing.
    Rowless(u64),
}

/// The row in the ledger that the id of a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedRow {
    /// Its number.
    pub row: i64,
    /// When the ledger was opened that wrote it, in wall-clock Unix nanoseconds.
    pub opened_at: i64,
}

/// The row that the id of a request names, `None` where it names none.
#[must_use]
pub fn row_of_request_id(id: &str) -> Option<NamedRow> {
    let (opened_at, row) = id.trim().strip_prefix(REQUEST)?.split_once('r')?;
    let is_digits = |text: &str, is: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| is(&byte));
    let is_ours = is_digits(opened_at, u8::is_ascii_hexdigit) && is_digits(row, u8::is_ascii_digit);
    let opened_at = is_ours.then(|| u64::from_str_radix(opened_at, 16).ok())??;
    Some(NamedRow { row: row.parse().ok()?, opened_at: opened_at.cast_signed() })
}

// === impl RequestId ===

impl RequestId {
    /// As a header, in one allocation.
    pub(crate) fn to_header(self) -> HeaderValue {
        let mut text = [0; MAX_REQUEST];
        let mut cursor = Cursor::new(text.as_mut_slice());
        // Letters and digits that fit: neither can fail.
        let _ = write!(cursor, "{self}");
        let length = usize::try_from(cursor.position()).unwrap_or_default();
        HeaderValue::from_bytes(text.get(..length).unwrap_or_default())
            .unwrap_or(HeaderValue::from_static(REQUEST))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{REQUEST}{:016x}", self.opened_at)?;
        match self.of {
            Of::Row(row) => write!(f, "r{row}"),
            Of::Rowless(number) => write!(f, "n{number}"),
        }
    }
}

// === impl Ids ===

impl Ids {
    /// For a ledger that was opened then, in Unix nanoseconds.
    pub(crate) fn new(opened_at: i64) -> Self {
        // Without random numbers the clock still tells two starts apart.
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let fallback = u64::try_from(clock.as_nanos() & u128::from(u64::MAX)).unwrap_or_default();
        let instance = getrandom::u64().unwrap_or(fallback);
        Self { instance, opened_at, next: AtomicU64::new(1) }
    }

    /// `msg_…`, in the alphabet of Anthropic's own ids.
    pub(crate) fn message(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("msg_tp{:016x}{number:06x}", self.instance)
    }

    /// `req_…` of a request, by its row where it has one.
    pub(crate) fn request(&self, row: Option<i64>) -> RequestId {
        let of = row.map_or_else(|| Of::Rowless(self.next.fetch_add(1, Ordering::Relaxed)), Of::Row);
        RequestId { opened_at: self.opened_at, of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_over_restarts() {
        let (one, two) = (Ids::new(1), Ids::new(2));
        let ids = [one.message(), one.message(), two.message()];
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2], "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with("msg_") && id.len() == 28), "{ids:?}");
        let ids = [one.request(None), one.request(None), one.request(Some(1)), two.request(Some(1))];
        let ids = ids.map(|id| id.to_string());
        let distinct: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), 4, "{ids:?}");
    }

    #[test]
    fn the_id_of_a_request_leads_to_its_row() {
        let now = 1_795_300_000_123_456_789;
        for (row, opened_at) in [(1, now), (4_711, now), (i64::MAX, i64::MAX), (i64::MAX, -1), (1, 0)] {
            let id = Ids::new(opened_at).request(Some(row));
            assert_eq!(id.to_header().to_str().unwrap(), id.to_string(), "it fits");
            assert_eq!(row_of_request_id(&format!(" {id}\n")), Some(NamedRow { row, opened_at }));
        }
        let ids = Ids { instance: u64::MAX, opened_at: -1, next: AtomicU64::new(u64::MAX) };
        let rowless = ids.request(None);
        assert_eq!(rowless.to_header().to_str().unwrap(), rowless.to_string(), "it fits");
        for text in [
            rowless.to_string().as_str(),
            "req_011CSHoEeqs5C35K2UUqR7Fy",
            "req_tpr",
            "req_tp0rx",
            "req_tpr1",
            "req_tpfffffffffffffffffr1",
            "1",
            "",
        ] {
            assert_eq!(row_of_request_id(text), None, "{text}");
        }
    }
}
