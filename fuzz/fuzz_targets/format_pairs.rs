#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| keysift::fuzzing::format("pairs", data));
