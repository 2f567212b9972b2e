//! How wide text is, about: there are no fonts here, so each character has the width of its class in a
//! wide sans-serif in bold (DejaVu Sans), rather too wide than too narrow.

/// The width of `text` in a font of `size` pixels.
pub(super) fn of(text: &str, size: f64) -> f64 {
    text.chars().map(char_width).sum::<f64>() * size
}

fn char_width(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.40,
        'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | '\\' | ' ' | '-' => 0.46,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1.06,
        'A'..='Z' | '0'..='9' | '_' | '·' | '+' | '*' | '=' => 0.80,
        ' '..='~' => 0.70,
        // Scripts of Asia and pictures are as wide as high.
        c if u32::from(c) >= 0x1100 => 1.10,
        _ => 0.80,
    }
}

/// `text` on at most two lines of `room` pixels; what is too much is cut out of its middle.
pub(super) fn lines(text: &str, size: f64, room: f64) -> Vec<String> {
    if of(text, size) <= room {
        return vec![text.to_owned()];
    }
    // Break where a name has a joint, as far right as fits.
    let mut width = 0.0;
    let mut joint = None;
    let mut hard = text.len();
    for (at, c) in text.char_indices() {
        width += char_width(c) * size;
        if width > room {
            hard = at;
            break;
        }
        if matches!(c, '/' | '-' | '_' | '.' | ':' | ' ' | '+' | '@') {
            joint = Some(at + c.len_utf8());
        }
    }
    let at = joint.filter(|&at| of(&text[..at], size) > room * 0.4).unwrap_or(hard);
    let (head, tail) = text.split_at(at);
    vec![head.trim_end().to_owned(), fitted(tail.trim_start(), size, room)]
}

/// `text` in `room` pixels, what is too much cut out of its middle.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    if of(text, size) <= room {
        return text.to_owned();
    }
    let mut most = text.chars().count().min((room / (size * 0.3)) as usize);
    loop {
        let shorter = crate::report::common::shorten(text, most);
        if most <= 3 || of(&shorter, size) <= room {
            return shorter;
        }
        most -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_joints_and_shortens_the_rest() {
        assert_eq!(lines("role/app", 12.0, 200.0), ["role/app"]);
        let two = lines("role/service-role/deployment-pipeline", 12.0, 175.0);
        assert_eq!(two, ["role/service-role/", "deployment-pipeline"]);
        for text in ["x".repeat(10_000), "日本".repeat(400), "a-".repeat(300)] {
            let lines = lines(&text, 12.0, 150.0);
            assert!(lines.len() <= 2 && lines.iter().all(|l| of(l, 12.0) <= 150.0), "{lines:?}");
        }
    }
}
