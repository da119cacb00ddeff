//! JSON: one array, JSON lines, or the lines of a MongoDB export.

use super::{Format, Record};

/// How the objects stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonShape {
    /// One array, indented.
    Array,
    /// One object a line.
    Lines,
    /// One object a line with `_id` and nested objects, as `mongoexport` writes it.
    Mongo,
}

/// Objects with an address, a password and a name.
#[derive(Debug, Clone)]
pub struct Json {
    shape: JsonShape,
    written: u64,
}

impl Json {
    /// A file of that shape.
    #[must_use]
    pub fn new(shape: JsonShape) -> Self {
        Self { shape, written: 0 }
    }
}

/// Appends a JSON string (RFC 8259, section 7), `NULL` as `null`.
fn push_value(text: &str, out: &mut String) {
    if text == "NULL" {
        out.push_str("null");
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '/' => out.push_str("\\/"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

impl Format for Json {
    fn begin(&mut self, out: &mut String) {
        self.written = 0;
        if self.shape == JsonShape::Array {
            out.push_str("[\n");
        }
    }

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        if self.shape == JsonShape::Array && self.written > 0 {
            out.push_str(",\n");
        }
        self.written += 1;
        match self.shape {
            JsonShape::Array => out.push_str("  {\n    \"name\": "),
            JsonShape::Lines => out.push_str("{\"name\":"),
            JsonShape::Mongo => {
                out.push_str(&format!(
                    "{{\"_id\":{{\"$oid\":\"{:024x}\"}},\"profile\":{{\"name\":",
                    self.written
                ));
            }
        }
        push_value(record.name, out);
        out.push_str(match self.shape {
            JsonShape::Array => ",\n    \"email\": ",
            JsonShape::Lines => ",\"email\":",
            JsonShape::Mongo => ",\"age\":{\"$numberInt\":\"42\"}},\"email\":",
        });
        push_value(record.login, out);
        out.push_str(if self.shape == JsonShape::Array { ",\n    \"password\": " } else { ",\"password\":" });
        push_value(record.secret, out);
        out.push_str(match self.shape {
            JsonShape::Array => "\n  }",
            JsonShape::Lines => "}\n",
            JsonShape::Mongo => ",\"created\":{\"$date\":\"2017-06-01T00:00:00Z\"}}\n",
        });
    }

    fn end(&mut self, out: &mut String) {
        if self.shape == JsonShape::Array {
            out.push_str("\n]\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    #[test]
    fn escapes_strings() {
        let text = write_all(&mut Json::new(JsonShape::Lines), SAMPLE);
        assert_eq!(
            text,
            "{\"name\":\"田中 \\\"T\\\"\",\"email\":\"tanaka@suigen.example\",\"password\":\"a:b;c,\\\"d|e'f\\\\\"}\n\
             {\"name\":\"Noda\",\"email\":\"noda@post.test\",\"password\":null}\n"
        );
    }

    #[test]
    fn an_array_is_closed_and_a_mongo_export_has_ids() {
        let array = write_all(&mut Json::new(JsonShape::Array), SAMPLE);
        assert!(array.starts_with("[\n  {") && array.ends_with("  }\n]\n"), "{array}");
        let mongo = write_all(&mut Json::new(JsonShape::Mongo), SAMPLE);
        assert!(mongo.starts_with("{\"_id\":{\"$oid\":\"000000000000000000000001\"}"), "{mongo}");
    }
}
