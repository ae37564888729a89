#![no_main]

use turnpike_fuzz::Thought;

libfuzzer_sys::fuzz_target!(|thought: Thought<'_>| turnpike_fuzz::reasoning_envelope(&thought));
