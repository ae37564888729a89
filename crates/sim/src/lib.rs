//! A simulated OpenRouter for the demo, the tests and the benchmarks.
