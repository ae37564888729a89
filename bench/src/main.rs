//! The benchmark as a program; `bench/README.md` says what it measures and how to read it.

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    turnpike_bench::main()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    // It pins processes to cores and reads /proc.
    ExitCode::FAILURE
}
