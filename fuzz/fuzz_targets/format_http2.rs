#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| keysift::fuzzing::format("http2", data));
