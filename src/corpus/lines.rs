//! The lines of the edit log that are made of a unit, compressed while they are written.

use std::io::{self, Write};

use super::compression::Compression;

/// Bytes of lines that make a frame: few enough to stay near the processor until they are compressed.
const FRAME: usize = 96 << 10;
/// Bytes of lines that are worth a frame of their own; fewer wait for those of other units.
const ENOUGH: usize = 64 << 10;

/// Lines of the log: whole frames, and behind them lines as they are. Which of them share a frame depends on the
/// lines alone.
#[derive(Debug)]
pub(crate) struct Lines {
    compression: Compression,
    pub(crate) frames: Vec<u8>,
    pub(crate) plain: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(compression: Compression) -> Self {
        Self { compression, frames: Vec::new(), plain: Vec::new() }
    }

    /// Puts the lines of `next` behind these.
    pub(crate) fn append(&mut self, mut next: Lines) -> io::Result<()> {
        if next.frames.is_empty() {
            return self.write_all(&next.plain);
        }
        self.compress()?;
        self.frames.append(&mut next.frames);
        self.plain = next.plain;
        Ok(())
    }

    /// Compresses what is worth it; nothing more is to come.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        if self.frames.is_empty() && self.plain.len() < ENOUGH { Ok(()) } else { self.compress() }
    }

    fn compress(&mut self) -> io::Result<()> {
        self.compression.compress_fast(&self.plain, &mut self.frames)?;
        self.plain.clear();
        Ok(())
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.plain.extend_from_slice(bytes);
        if self.plain.len() >= FRAME {
            self.compress()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn parts_join_to_one_stream() {
        let parts: Vec<String> = [10, ENOUGH + 1, 5, 0, 3 * ENOUGH, 7]
            .into_iter()
            .zip('a'..)
            .map(|(len, letter)| letter.to_string().repeat(len))
            .collect();
        for compression in Compression::ALL {
            let mut lines = Lines::new(compression);
            for part in &parts {
                let mut next = Lines::new(compression);
                part.as_bytes().chunks(1000).for_each(|chunk| next.write_all(chunk).unwrap());
                lines.append(next).unwrap();
            }
            lines.close().unwrap();
            let mut stream = lines.frames;
            stream.append(&mut compression.compress(lines.plain).unwrap());
            let mut text = String::new();
            compression.reader(&stream[..]).unwrap().read_to_string(&mut text).unwrap();
            assert!(text == parts.concat(), "{compression:?}");
            assert!(compression == Compression::None || stream.len() * 50 < text.len(), "{compression:?}");
        }
    }
}
