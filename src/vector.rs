//! Plain loops of fixed length, compiled for what vectors a processor has.

/// Which of 64 answers are yes (1, not 0), a bit each: the first is the lowest.
#[inline(always)]
pub(crate) fn bits(answers: &[u8; 64]) -> u64 {
    let mut bits = 0;
    for (i, eight) in answers.as_chunks::<8>().0.iter().enumerate() {
        // The lowest bit of each byte, side by side.
        bits |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    bits
}

/// How many bytes are of a kind (1, not 0), so that it becomes vectors within [`vectored`].
#[inline(always)]
pub(crate) fn count(bytes: &[u8], is_one: impl Fn(u8) -> u8) -> usize {
    let sum = |bytes: &[u8]| usize::from(bytes.iter().map(|b| is_one(*b)).sum::<u8>());
    let (blocks, rest) = bytes.as_chunks::<128>();
    blocks.iter().map(|block| sum(block)).sum::<usize>() + sum(rest)
}

/// A function that is compiled again for processors that have AVX-512 or AVX2 (of others, aarch64 has vectors
/// anyway). Its loops must have fixed lengths for that to be worth anything. AVX-512 is two to three times
/// as fast: it compares without masks that are bytes, and has registers for all constants.
macro_rules! vectored {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $answer:ty $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) -> $answer {
            #[inline(always)]
            fn anywhere($($arg: $type),*) -> $answer $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2($($arg: $type),*) -> $answer {
                anywhere($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512($($arg: $type),*) -> $answer {
                anywhere($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("avx512bw")
                && std::is_x86_feature_detected!("avx512dq")
                && std::is_x86_feature_detected!("avx512vl")
            {
                // SAFETY: the processor has these, as was just asked, and they imply the first; the code is
                // the same as elsewhere.
                #[allow(unsafe_code)]
                return unsafe { avx512($($arg),*) };
            }
            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has AVX2, as was just asked; the code is the same as elsewhere.
                #[allow(unsafe_code)]
                return unsafe { avx2($($arg),*) };
            }
            anywhere($($arg),*)
        }
    };
}
pub(crate) use vectored;
