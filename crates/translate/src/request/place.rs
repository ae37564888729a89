//! Places in a request, for the messages of errors.

use std::fmt;

/// A place such as `messages.3.content.0`. It is put into words only when an error needs it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'p> {
    /// A field of the request.
    Field(&'static str),
    /// A field of what is at a place.
    Of(&'p Place<'p>, &'static str),
    /// One of a list.
    At(&'p Place<'p>, usize),
}

// === impl Place ===

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Of(parent, name) => write!(f, "{parent}.{name}"),
            Self::At(parent, position) => write!(f, "{parent}.{position}"),
        }
    }
}
