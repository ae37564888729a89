//! The list of control commands and events, their types, and a small client.
