//! Dates, as far as signatures and reports need them: days of the civil calendar, in UTC.

/// Year, month and day of a number of seconds since 1970 (Hinnant, "chrono-compatible low-level date
/// algorithms", civil_from_days).
pub fn date_of(seconds: u64) -> (u64, u64, u64) {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// `2026-11-28T20:03:18Z`.
pub fn rfc3339(seconds: u64) -> String {
    let (year, month, day) = date_of(seconds);
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// Seconds since 1970 of a date and time in UTC as AWS writes it: `2026-11-28T20:03:18Z`, with or without
/// fractions, zone `Z` or `+00:00`, or a date alone. `None` for anything else.
pub fn parse(text: &str) -> Option<u64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let time = match text.len() {
        10 => 0,
        _ => number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?,
    };
    // Days before the year, then before the month, of a year that begins in March.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    Some((days - 719_468) * 86_400 + time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_there_and_back() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_440_938_160, "2015-08-30T12:36:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
            assert_eq!(parse(text), Some(seconds));
        }
        for day in 0..60_000 {
            assert_eq!(parse(&rfc3339(day * 86_400)), Some(day * 86_400));
        }
        assert_eq!(parse("2015-08-30"), Some(1_440_892_800));
        assert_eq!(parse("2015-08-30T12:36:00+00:00"), Some(1_440_938_160));
        for wrong in ["", "2015", "2015-13-01", "abcd-ef-gh", "2015-08-30T", "äöü-01-01T00:00:00Z"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
