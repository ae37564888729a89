//! config.toml, the data folder, the key store.
