//! The OpenRouter key.

/// The key that requests carry.
#[derive(Debug)]
pub struct ApiKey;

/// Why there is no key.
#[derive(Debug)]
pub struct KeyError;

/// Where the key is kept.
#[derive(Debug)]
pub struct KeyStore;
