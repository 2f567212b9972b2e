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
///
/// `-> u64 where bits { … }` gives the body a function `bits` that does what [`bits`] does, in an instruction or a few.
macro_rules! vectored {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $answer:ty $body:block) => {
        crate::vector::vectored! {
            $(#[$meta])* $vis fn $name($($arg: $type),*) -> $answer where _bits $body
        }
    };
    (
        $(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $answer:ty
        where $bits:ident $body:block
    ) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) -> $answer {
            fn anywhere($($arg: $type),*) -> $answer {
                let $bits = crate::vector::bits;
                $body
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,popcnt")]
            fn avx2($($arg: $type),*) -> $answer {
                let $bits = |answers: &[u8; 64]| crate::vector::x86::bits_avx2(answers);
                $body
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,popcnt")]
            fn avx512($($arg: $type),*) -> $answer {
                let $bits = |answers: &[u8; 64]| crate::vector::x86::bits_avx512(answers);
                $body
            }

            #[cfg(target_arch = "x86_64")]
            if crate::vector::x86::has_avx512() {
                // SAFETY: the processor has these, as was just asked, and they imply the others; the code is the same as
                // elsewhere but for `bits`.
                #[allow(unsafe_code)]
                return unsafe { avx512($($arg),*) };
            }
            #[cfg(target_arch = "x86_64")]
            if crate::vector::x86::has_avx2() {
                // SAFETY: the processor has these, as was just asked; the code is the same as elsewhere but for `bits`.
                #[allow(unsafe_code)]
                return unsafe { avx2($($arg),*) };
            }
            anywhere($($arg),*)
        }
    };
}
pub(crate) use vectored;

/// What the processor has, and bits of answers with it.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(crate) mod x86 {
    use std::arch::x86_64::*;

    #[inline]
    pub fn has_avx512() -> bool {
        std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512dq")
            && std::is_x86_feature_detected!("avx512vl")
            && std::is_x86_feature_detected!("popcnt")
    }

    #[inline]
    pub fn has_avx2() -> bool {
        std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("popcnt")
    }

    /// [`bits`](super::bits).
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn bits_avx512(answers: &[u8; 64]) -> u64 {
        // SAFETY: `answers` is 64 bytes long; the read needs no alignment.
        let answers = unsafe { _mm512_loadu_si512(answers.as_ptr().cast()) };
        _mm512_test_epi8_mask(answers, answers)
    }

    /// [`bits`](super::bits).
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn bits_avx2(answers: &[u8; 64]) -> u64 {
        let half = |half: &[u8; 32]| {
            // SAFETY: `half` is 32 bytes long; the read needs no alignment.
            let half = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
            // The highest bit of each byte is what is asked for.
            u64::from(_mm256_movemask_epi8(_mm256_slli_epi16::<7>(half)) as u32)
        };
        let (halves, _) = answers.as_chunks::<32>();
        halves.iter().rev().fold(0, |bits, next| bits << 32 | half(next))
    }
}

#[cfg(test)]
mod tests {
    vectored! {
        fn are_odd(bytes: &[u8; 64]) -> u64 where bits {
            let mut is = [0; 64];
            for i in 0..64 {
                is[i] = bytes[i] & 1;
            }
            bits(&is)
        }
    }

    #[test]
    fn bits_are_those_of_their_answers() {
        for n in 0..64 {
            let mut bytes = [0; 64];
            bytes[n] = 7;
            bytes[63 - n] = 9;
            assert_eq!(are_odd(&bytes), 1 << n | 1 << (63 - n));
            assert_eq!(super::bits(&bytes.map(|b| b & 1)), are_odd(&bytes));
        }
        assert_eq!((are_odd(&[4; 64]), are_odd(&[5; 64])), (0, !0));
    }
}
