//! Numbers as people read them, in both languages.

/// `17522` as `17,522`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_groups() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (17522, "17,522"), (1234567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
