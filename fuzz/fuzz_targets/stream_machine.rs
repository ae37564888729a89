#![no_main]

use turnpike_fuzz::Answer;

libfuzzer_sys::fuzz_target!(|answer: Answer<'_>| turnpike_fuzz::stream_machine(&answer));
