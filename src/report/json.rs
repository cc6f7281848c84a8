//! JSON written by hand, for lines that hold a dozen small values every few characters. It is what serde would write.

use serde::Serialize;

/// JSON under construction.
pub(super) struct Json(pub(super) Vec<u8>);

impl Json {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn raw(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    /// A number behind `key`.
    pub(super) fn number(&mut self, key: &str, number: impl itoa::Integer) {
        self.raw(key);
        self.raw(itoa::Buffer::new().format(number));
    }

    pub(super) fn string(&mut self, text: &str) {
        let escaped = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
        // No way out of the loop, so that it is done many bytes at a time.
        if text.bytes().fold(false, |any, byte| any | escaped(byte)) {
            return self.value(text);
        }
        self.raw("\"");
        self.raw(text);
        self.raw("\"");
    }

    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        serde_json::to_writer(&mut self.0, value).expect("memory can be written to");
    }
}
