//! Ids that this program makes up.

use std::fmt;
use std::io::{Cursor, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;

/// How the id of a request begins.
const REQUEST: &str = "req_tp";
/// The longest id of a request: its beginning, sixteen digits of the instance, a letter, a number.
const MAX_REQUEST: usize = REQUEST.len() + 16 + 1 + 20;

/// Makes ids. Clients merge turns that share one, so none comes twice, not even over restarts.
#[derive(Debug)]
pub(crate) struct Ids {
    instance: u64,
    next: AtomicU64,
}

/// The id of a request, as its answer tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId {
    instance: u64,
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

/// Number of the row in the ledger that the id of a request names, `None` where it names none.
#[must_use]
pub fn row_of_request_id(id: &str) -> Option<i64> {
    let (instance, row) = id.trim().strip_prefix(REQUEST)?.split_once('r')?;
    let is_digits = |text: &str, is: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| is(&byte));
    let is_ours = is_digits(instance, u8::is_ascii_hexdigit) && is_digits(row, u8::is_ascii_digit);
    is_ours.then(|| row.parse().ok())?
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
        write!(f, "{REQUEST}{:016x}", self.instance)?;
        match self.of {
            Of::Row(row) => write!(f, "r{row}"),
            Of::Rowless(number) => write!(f, "n{number}"),
        }
    }
}

// === impl Ids ===

impl Ids {
    pub(crate) fn new() -> Self {
        // Without random numbers the clock still tells two starts apart.
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let fallback = u64::try_from(clock.as_nanos() & u128::from(u64::MAX)).unwrap_or_default();
        let instance = getrandom::u64().unwrap_or(fallback);
        Self { instance, next: AtomicU64::new(1) }
    }

    /// `msg_…`, in the alphabet of Anthropic's own ids.
    pub(crate) fn message(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("msg_tp{:016x}{number:06x}", self.instance)
    }

    /// `req_…` of a request, by its row where it has one.
    pub(crate) fn request(&self, row: Option<i64>) -> RequestId {
        let of = row.map_or_else(|| Of::Rowless(self.next.fetch_add(1, Ordering::Relaxed)), Of::Row);
        RequestId { instance: self.instance, of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_over_restarts() {
        let (one, two) = (Ids::new(), Ids::new());
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
        let ids = Ids { instance: u64::MAX, next: AtomicU64::new(u64::MAX) };
        for row in [1, 4_711, i64::MAX] {
            let id = ids.request(Some(row));
            assert_eq!(id.to_header().to_str().unwrap(), id.to_string(), "it fits");
            assert_eq!(row_of_request_id(&format!(" {id}\n")), Some(row));
        }
        let rowless = ids.request(None);
        assert_eq!(rowless.to_header().to_str().unwrap(), rowless.to_string(), "it fits");
        for text in [
            rowless.to_string().as_str(),
            "req_011CSHoEeqs5C35K2UUqR7Fy",
            "req_tpr",
            "req_tp0rx",
            "req_tpr1",
            "1",
            "",
        ] {
            assert_eq!(row_of_request_id(text), None, "{text}");
        }
    }
}
