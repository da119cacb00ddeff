//! Comma-separated values that a spreadsheet opens in Japanese, and does not take for formulas.

use crate::model::{Report, Years};
use crate::render::Detail;

const HEADER: &str = "category,organisation,domain,host,year,count\r\n";

pub(super) fn render(report: &Report, detail: Detail) -> String {
    let mut out = String::from("\u{feff}");
    out.push_str(HEADER);
    for category in &report.categories {
        if detail == Detail::Category {
            rows(&mut out, [&category.id, "", "", ""], &category.years, category.unknown_month);
            continue;
        }
        for organisation in &category.organisations {
            let ids = [category.id.as_str(), organisation.id.as_str()];
            if detail == Detail::Organisation {
                rows(&mut out, [ids[0], ids[1], "", ""], &organisation.years, organisation.unknown_month);
                continue;
            }
            for domain in &organisation.domains {
                if detail == Detail::Domain {
                    let keys = [ids[0], ids[1], &domain.domain, ""];
                    rows(&mut out, keys, &domain.years, domain.unknown_month);
                    continue;
                }
                for host in &domain.hosts {
                    let keys = [ids[0], ids[1], &domain.domain, &host.host];
                    rows(&mut out, keys, &host.years, host.unknown_month);
                }
            }
        }
    }
    out
}

fn rows(out: &mut String, keys: [&str; 4], years: &Years, unknown_month: u64) {
    let mut row = |year: &str, count: u64| {
        for key in keys {
            out.push_str(&cell(key));
            out.push(',');
        }
        out.push_str(&format!("{year},{count}\r\n"));
    };
    for (year, count) in years {
        row(&year.to_string(), *count);
    }
    if unknown_month > 0 {
        row("unknown", unknown_month);
    }
}

/// A cell that is no formula in any spreadsheet, quoted where it must be.
fn cell(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for (text, expected) in [
            ("mof", "mof"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("a,b", "\"a,b\""),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
