//! Pure translation between the Messages API and chat completions.
