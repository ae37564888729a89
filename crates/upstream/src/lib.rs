//! The OpenRouter client.
